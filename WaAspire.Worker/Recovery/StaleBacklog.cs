using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// An account that was away comes back to messages so old that sending them now may do harm: it is paused, with the reason
/// <c>stale_backlog</c> and their number, until an operator resumes it (they go out) or fails the old ones first. Asked
/// once for each return. If we die before the pause is written, the next worker asks; two that ask at once ask once.
/// </summary>
public sealed class StaleBacklog(IFirestore firestore, AccountDirectory accounts, ServerClock clock, ILogger<StaleBacklog> logger)
{
    public const string Reason = "stale_backlog";
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
        var path = FirestorePaths.Account(head.AccountId!);
        if ((await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is not { } stored)
        {
            return false;
        }

        accounts.Learn(Account.Read(stored));
        if (accounts.Find(stored.Id) is { MaySend: true } account && !(account.StaleAskedAt >= account.ReturnedAt))
        {
            await PauseAsync(stored, cancellationToken);
        }

        return false;
    }

    private async Task PauseAsync(StoredDocument account, CancellationToken cancellationToken)
    {
        var waiting = await firestore.CountAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [FieldFilter.Equal(OutboxFields.AccountId, account.Id), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued)],
            },
            Purpose,
            cancellationToken);
        var fields = new DocumentFields
        {
            [Account.SendPausedField] = FirestoreValue.From(new DocumentFields
            {
                ["reason"] = Reason,
                ["since"] = clock.Now,
                ["until"] = FirestoreValue.Null,
                ["count"] = waiting,
            }),
        };
        var write = DocumentWrite.Update(
            account.Path, Precondition.UnchangedSince(account.UpdateTime), fields, deleted: null, FieldTransform.RequestTime(Account.StaleAskedAtField));
        if (await firestore.CommitAsync([write], Purpose, cancellationToken) is CommitOutcome.Committed)
        {
            logger.BacklogAsks(account.Id, waiting);
        }

        var now = await firestore.GetAsync([account.Path], Purpose, cancellationToken);
        if (now.Find(account.Path) is { } stored)
        {
            accounts.Learn(Account.Read(stored));
        }
    }
}
