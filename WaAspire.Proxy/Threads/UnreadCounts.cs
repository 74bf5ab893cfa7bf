using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// Resets the unread count of a thread for whoever may read it: by the rules of Firestore, every employee, but of the
/// accounts in <c>config/whatsapp_inbox.adminOnlyAccountIds</c> only the super-admin. If we die here the count is old or 0.
/// </summary>
internal sealed class UnreadCounts(DocumentGatherer documents, CommitBatcher commits, IOptions<StaffOptions> staff)
{
    private const string Purpose = "mark-read";
    private const string InboxSettings = "config/whatsapp_inbox";

    private static readonly Refusal AdminOnly = new(403, "forbidden", "Only the super-admin reads the conversations of this account.");

    /// <summary>Null when it is done.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<Refusal?> ResetAsync(string threadId, Caller caller, CancellationToken cancellationToken)
    {
        var reading = documents.GetAsync(FirestorePaths.Thread(threadId), Purpose, cancellationToken);
        var settings = documents.GetAsync(InboxSettings, Purpose, cancellationToken);
        if (await reading is not { } thread)
        {
            await settings;
            return Refusal.ThreadNotFound(threadId);
        }

        var account = thread.Fields.Text(ThreadFields.AccountId);
        var isAdminOnly = (await settings)?.Fields.Array("adminOnlyAccountIds").Any(id => id.AsString == account) is true;
        if (isAdminOnly && !IsSuperAdmin(caller))
        {
            return AdminOnly;
        }

        // A client that shows an alias means the thread behind it, which has the messages.
        await ResetAsync(thread, cancellationToken);
        if (thread.Fields.Text(ThreadFields.RedirectTo) is { } target && DocumentId.IsLawful(target)
            && await documents.GetAsync(FirestorePaths.Thread(target), Purpose, cancellationToken) is { } behind
            && behind.Fields.Text(ThreadFields.AccountId) == account)
        {
            await ResetAsync(behind, cancellationToken);
        }

        return null;
    }

    private async Task ResetAsync(StoredDocument thread, CancellationToken cancellationToken)
    {
        if (thread.Fields.Integer(ThreadFields.UnreadCount) is null or 0)
        {
            return;
        }

        var write = DocumentWrite.Update(thread.Path, Precondition.Present, new DocumentFields { [ThreadFields.UnreadCount] = 0 });
        var outcome = await commits.CommitAsync(
            new CommitMember([write], Purpose, thread.Path, stored => stored?.Fields.Integer(ThreadFields.UnreadCount) is 0), cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            throw new FirestoreException(FirestoreStatus.Unavailable, "The unread count could not be stored.");
        }
    }

    private bool IsSuperAdmin(Caller caller) =>
        caller is { EmailVerified: true, Email: { } email } && string.Equals(email.Trim(), staff.Value.SuperAdminEmail.Trim(), StringComparison.OrdinalIgnoreCase);
}
