using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Persistence;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>
/// The keys that ID tokens are signed with. Their public halves are served the two ways that Google serves them, so
/// that a verifier needs no special case for this emulator but another address. They rotate on demand, and outlive the
/// process only in a data directory.
/// </summary>
internal sealed class TokenSigner : IDisposable
{
    private const string Setting = "signingKeys";
    private const int MaxKeys = 10;

    /// <summary>As long as a token of a retired key may live, and a verifier may keep what it has fetched.</summary>
    private static readonly TimeSpan _publishedAfterRetirement = IdTokens.Lifetime + AuthApi.KeysMaxAge;
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly IJournal _journal;
    private readonly TokenForm _form;
    private readonly byte[] _refreshKey;
    private ImmutableList<SigningKey> _keys;

    public TokenSigner(TimeProvider time, IJournal journal, StoredState stored, TokenForm form)
    {
        (_time, _journal, _form) = (time, journal, form);
        if (stored.Setting(Setting) is { } setting)
        {
            var kept = JsonSerializer.Deserialize<StoredKeys>(setting)!;
            (_refreshKey, _keys) = (kept.RefreshKey, [.. kept.Keys.Select(SigningKey.From)]);
            return;
        }

        (_refreshKey, _keys) = (RandomNumberGenerator.GetBytes(32), [SigningKey.New(time.GetUtcNow())]);
        Store_NeedsLock();
    }

    /// <summary>The key that signs, then the retired ones that are still published.</summary>
    public IReadOnlyList<SigningKey> Published
    {
        get
        {
            var now = _time.GetUtcNow();
            lock (_lock)
                return [.. _keys.Where(key => key.RetiredAt is not { } retiredAt || now < retiredAt + _publishedAfterRetirement)];
        }
    }

    /// <summary>A new key signs from now on.</summary>
    /// <param name="dropOld">Withdraws the old ones at once, as after a theft; otherwise their tokens live out their time.</param>
    public void Rotate(bool dropOld)
    {
        var now = _time.GetUtcNow();
        var key = SigningKey.New(now);
        lock (_lock)
        {
            _keys[0].RetiredAt = now;
            _keys = dropOld ? [key] : [key, .. _keys.Take(MaxKeys - 1)];
            Store_NeedsLock();
        }
    }

    public string SignIdToken(JsonObject claims)
    {
        if (_form == TokenForm.Unsigned)
            return $"{Encode(new() { ["alg"] = "none", ["typ"] = "JWT" })}.{Encode(claims)}.";
        var key = Published[0];
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = key.Id, ["typ"] = "JWT" };
        var content = $"{Encode(header)}.{Encode(claims)}";
        var signature = key.Rsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The claims of a token that a published key signed, whatever their times; null for any other.</summary>
    public JsonObject? ReadIdToken(string token)
    {
        if (token.Split('.') is not [var header, var payload, var signature] || Decode(signature) is not { } bytes)
            return null;
        if (_form == TokenForm.Unsigned && bytes.Length == 0)
            return ReadObject(payload);
        var content = Encoding.ASCII.GetBytes($"{header}.{payload}");
        var signed = Published.Any(key => key.Rsa.VerifyData(content, bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return signed ? ReadObject(payload) : null;
    }

    /// <summary>A refresh token carries its own content, sealed with a key of ours: nothing to keep, nothing to leak.</summary>
    public string SealRefreshToken(JsonObject content)
    {
        var payload = Encode(content);
        return $"{payload}.{Base64Url.EncodeToString(HMACSHA256.HashData(_refreshKey, Encoding.ASCII.GetBytes(payload)))}";
    }

    public JsonObject? OpenRefreshToken(string token) =>
        token.Split('.') is [var payload, var seal] && Decode(seal) is { } bytes
            && CryptographicOperations.FixedTimeEquals(bytes, HMACSHA256.HashData(_refreshKey, Encoding.ASCII.GetBytes(payload)))
            ? ReadObject(payload)
            : null;

    public JsonObject Jwks() => new() { ["keys"] = new JsonArray([.. Published.Select(Jwk)]) };

    public JsonObject Certificates() => new(Published.Select(key => KeyValuePair.Create(key.Id, (JsonNode?)key.Certificate)));

    /// <summary>The payload of any JWT, unverified: a custom token's issuer is a made-up service account.</summary>
    public static JsonObject? ReadUnverified(string token) => token.Split('.') is [_, var payload, _] ? ReadObject(payload) : null;

    public void Dispose() => _keys.ForEach(key => key.Dispose());

    private static JsonObject Jwk(SigningKey key)
    {
        var parameters = key.Rsa.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "RSA",
            ["alg"] = "RS256",
            ["use"] = "sig",
            ["kid"] = key.Id,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    private void Store_NeedsLock() => _journal.Append(new SettingStored(
        Setting, JsonSerializer.SerializeToUtf8Bytes(new StoredKeys(_refreshKey, [.. _keys.Select(key => key.ToStored())]))));

    private static string Encode(JsonObject content) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content.ToJsonString()));

    private static JsonObject? ReadObject(string payload)
    {
        try
        {
            if (Decode(payload) is not { } bytes)
                return null;
            RequestJson.CheckText(bytes);
            return JsonNode.Parse(bytes, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Decode(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private sealed record StoredKeys(byte[] RefreshKey, IReadOnlyList<SigningKey.Stored> Keys);
}

internal enum TokenForm
{
    /// <summary>RS256, as in production: whoever verifies them fetches the keys from here.</summary>
    Signed,

    /// <summary>As Google's own emulator gives them, which firebase-admin insists on when it is told of an emulator.</summary>
    Unsigned,
}
