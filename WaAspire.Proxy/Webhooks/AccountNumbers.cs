using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Proxy.Webhooks;

/// <summary>Which account a business phone number belongs to, kept for a minute: a number changes its account almost never.</summary>
internal sealed class AccountNumbers(IFirestore firestore, IOptions<WebhookOptions> options, TimeProvider time)
{
    private const string Purpose = "webhook-account";
    private const string PhoneNumberId = "phoneNumberId";
    private const int KnownMax = 10_000;

    private readonly ConcurrentDictionary<string, (string? AccountId, long At)> _known = new(StringComparer.Ordinal);

    /// <summary>Null when no account has this number.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<string?> AccountOfAsync(string phoneNumberId, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(phoneNumberId, out var known) && time.GetElapsedTime(known.At) < (known.AccountId is null ? options.Value.UnknownNumberFor : options.Value.KnownNumberFor))
        {
            return known.AccountId;
        }

        var found = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Accounts) { Where = [FieldFilter.Equal(PhoneNumberId, phoneNumberId)], Limit = 10 }, Purpose, cancellationToken);
        // One that was deleted keeps its number; the one that lives counts.
        var account = found.Documents.OrderBy(stored => stored.Fields.Text("status") == "deleted").ThenBy(stored => stored.Id, StringComparer.Ordinal).FirstOrDefault();
        if (_known.Count >= KnownMax)
        {
            _known.Clear();
        }

        _known[phoneNumberId] = (account?.Id, time.GetTimestamp());
        return account?.Id;
    }
}
