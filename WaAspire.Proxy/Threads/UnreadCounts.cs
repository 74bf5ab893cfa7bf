using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// Resets the unread count of a thread for whoever may read it. If we die here the count is old or 0.
/// </summary>
internal sealed class UnreadCounts(DocumentGatherer documents, CommitBatcher commits, AdminOnlyAccounts adminOnly)
{
    private const string Purpose = "mark-read";

    /// <summary>Null when it is done.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<Refusal?> ResetAsync(string threadId, Caller caller, CancellationToken cancellationToken)
    {
        if (await documents.GetAsync(FirestorePaths.Thread(threadId), Purpose, cancellationToken) is not { } thread)
        {
            return Refusal.ThreadNotFound(threadId);
        }

        var account = thread.Fields.Text(ThreadFields.AccountId);
        if (await adminOnly.RefuseAsync(account, caller, cancellationToken) is { } refusal)
        {
            return refusal;
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
}
