using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// Whose conversations a caller may read: by the rules of Firestore, an employee those of every account but the ones in
/// <c>config/whatsapp_inbox.adminOnlyAccountIds</c>, which are the super-admin's. Asked anew each time.
/// </summary>
internal sealed class AdminOnlyAccounts(DocumentGatherer documents, StaffDirectory staff)
{
    private const string Purpose = "admin-only";
    private const string InboxSettings = "config/whatsapp_inbox";

    private static readonly Refusal AdminOnly = new(403, "forbidden", "Only the super-admin reads the conversations of this account.");

    /// <summary>Null when this employee may read them.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<Refusal?> RefuseAsync(string? accountId, Caller caller, CancellationToken cancellationToken) =>
        !staff.IsSuperAdmin(caller) && accountId is not null && (await IdsAsync(cancellationToken)).Contains(accountId) ? AdminOnly : null;

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<IReadOnlySet<string>> IdsAsync(CancellationToken cancellationToken) =>
        ((await documents.GetAsync(InboxSettings, Purpose, cancellationToken))?.Fields.Array("adminOnlyAccountIds") ?? [])
            .Select(id => id.AsString).OfType<string>().ToHashSet(StringComparer.Ordinal);
}
