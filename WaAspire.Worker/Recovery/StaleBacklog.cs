using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// An account that was away comes back to messages so old that sending them now may do harm: it is paused, with the reason
/// <c>stale_backlog</c> and their number, until an operator resumes it (they go out) or fails the old ones first. Asked
/// once for each return. If we die before the pause is written, the next worker asks; two that ask at once ask once.
/// </summary>
public sealed class StaleBacklog(IFirestore firestore, AccountDirectory accounts, AccountPauses pauses)
{
    private const string Purpose = "stale";

    /// <summary>Whether this message, due all the while, waited longer than <paramref name="staleAfter"/> for its account to come back.</summary>
    public static bool IsStale(Account account, OutboxDocument head, TimeSpan staleAfter) =>
        staleAfter > TimeSpan.Zero
        && account.ReturnedAt is { } returned
        && !(account.StaleAskedAt >= returned)
        && returned - head.OrderAt > staleAfter;

    /// <returns>Always false: the lane waits, for the pause or for the next look.</returns>
    public async Task<bool> AskAsync(OutboxDocument head, CancellationToken cancellationToken)
    {
        if (accounts.Find(head.AccountId!)?.ReturnedAt is { } returned)
        {
            await pauses.AskAboutBacklogAsync(head.AccountId!, await WaitingAsync(head.AccountId!, cancellationToken), returned, cancellationToken);
            await accounts.ReadAsync(head.AccountId!, cancellationToken);
        }

        return false;
    }

    private Task<long> WaitingAsync(string accountId, CancellationToken cancellationToken) => firestore.CountAsync(
        new DocumentQuery(FirestorePaths.Outbox)
        {
            Where = [FieldFilter.Equal(OutboxFields.AccountId, accountId), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued)],
        },
        Purpose,
        cancellationToken);
}
