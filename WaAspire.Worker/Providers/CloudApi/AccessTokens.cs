using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// Each Cloud API account's own access token: encrypted in <c>accountSecrets/{id}</c>, which no client may read, in the clear
/// in memory only. The account names the token that is its own by an id, so that a new token is taken up as soon as the account
/// is read again. An account without one uses the configured token. No endpoint ever gives a token out.
/// </summary>
public sealed class AccessTokens(IFirestore firestore, SessionKeyRing ring, IOptions<CloudApiOptions> options, ILogger<AccessTokens> logger)
{
    private const string Purpose = "access-token";
    private const int KnownMax = 5000;
    private const string KeyId = "keyId";
    private const string Ciphertext = "ciphertext";
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Without a key no token can be kept.</summary>
    public bool CanKeep => !ring.IsEmpty;

    /// <summary>A new id for a token, and the write that keeps it; to be committed with the account that names it.</summary>
    public (string Id, DocumentWrite Write) Keep(string accountId, string token)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var (keyId, text) = ring.Seal(token, Place(accountId));
        var fields = new DocumentFields { [AccountFields.AccessTokenId] = id, [KeyId] = keyId, [Ciphertext] = text };
        return (id, DocumentWrite.Set(FirestorePaths.AccountSecret(accountId), fields, FieldTransform.RequestTime(AccountFields.UpdatedAt)));
    }

    /// <summary>Null: there is none, or it cannot be read here. At most one read for each new token.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<string?> OfAsync(Account account, CancellationToken cancellationToken)
    {
        if (account.AccessTokenId is not { } id)
        {
            return string.IsNullOrEmpty(options.Value.AccessToken) ? null : options.Value.AccessToken;
        }

        if (_known.TryGetValue(account.Id, out var known) && known.Id == id)
        {
            return known.Token;
        }

        var path = FirestorePaths.AccountSecret(account.Id);
        return (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is { } stored ? Open(account.Id, stored.Fields) : null;
    }

    private string? Open(string accountId, DocumentFields secret)
    {
        try
        {
            var token = ring.Open(secret.Text(KeyId), secret.Text(Ciphertext), Place(accountId));
            if (_known.Count >= KnownMax)
            {
                _known.Clear();
            }

            // Under the id that lies beside it: the account in our memory may be a newer or an older one.
            _known[accountId] = new Known(secret.Text(AccountFields.AccessTokenId), token);
            return token;
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            logger.AccessTokenUnreadable(accountId, exception.GetType().Name);
            return null;
        }
    }

    private static string Place(string accountId) => FirestorePaths.AccountSecret(accountId);

    private sealed record Known(string? Id, string Token)
    {
        // The generated text would print the token.
        public override string ToString() => nameof(Known);
    }
}
