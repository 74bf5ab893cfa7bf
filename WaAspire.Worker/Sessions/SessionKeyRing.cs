using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace WaAspire.Worker.Sessions;

/// <summary>
/// Encrypts what is stored of a session: AES-256-GCM, a fresh nonce each time, bound to the place where it lies, so that no
/// value can be put in another's place. The id of the key lies beside it: keys are changed by putting a new one in front.
/// </summary>
public sealed class SessionKeyRing(IOptions<SessionKeyOptions> options)
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly IReadOnlyList<KeyValuePair<string, byte[]>> _keys = Parse(options.Value.Keys ?? "") ?? [];

    /// <summary>Without a key nothing can be kept, and no Baileys account is served.</summary>
    public bool IsEmpty => _keys.Count == 0;

    /// <param name="text">In the clear.</param>
    /// <param name="place">Account, generation, type and id.</param>
    /// <returns>The id of the key, and nonce, tag and text in base64.</returns>
    public (string KeyId, string Sealed) Seal(string text, string place)
    {
        var (id, key) = _keys[0];
        var plain = Encoding.UTF8.GetBytes(text);
        var whole = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(whole.AsSpan(0, NonceBytes), plain, whole.AsSpan(NonceBytes + TagBytes), whole.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        CryptographicOperations.ZeroMemory(plain);
        return (id, Convert.ToBase64String(whole));
    }

    /// <exception cref="CryptographicException">The key is not on the ring, or this is not what was stored here.</exception>
    public string Open(string? keyId, string? text, string place)
    {
        var key = _keys.FirstOrDefault(candidate => candidate.Key == keyId).Value ?? throw new CryptographicException($"The session key {keyId} is not configured.");
        var whole = Convert.FromBase64String(text ?? "");
        if (whole.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("A stored session value is too short.");
        }

        var plain = new byte[whole.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(whole.AsSpan(0, NonceBytes), whole.AsSpan(NonceBytes + TagBytes), whole.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>Null when it is not a list of keys.</summary>
    internal static IReadOnlyList<KeyValuePair<string, byte[]>>? Parse(string text)
    {
        var keys = new List<KeyValuePair<string, byte[]>>();
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var key = new byte[KeyBytes];
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !Convert.TryFromBase64String(pair[(colon + 1)..], key, out var length) || length != KeyBytes)
            {
                return null;
            }

            keys.Add(KeyValuePair.Create(pair[..colon], key));
        }

        return keys.DistinctBy(key => key.Key).Count() == keys.Count ? keys : null;
    }
}
