using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Enqueue;

/// <summary>
/// Keeps the order of a conversation that was known under several addresses: what was accepted for another one of them, before
/// that thread came to point here, goes out first. A thread that nothing ever pointed to costs nothing; any other one query
/// for each message, until nothing is left there.
/// </summary>
public sealed class ThreadPredecessors(IFirestore firestore, ServerClock clock)
{
    private const string Purpose = "send-predecessors";

    // Who had read the old thread before it pointed here may still be writing into it.
    private static readonly TimeSpan _settled = TimeSpan.FromMinutes(2);

    /// <returns>The threads that may still hold messages of an earlier place.</returns>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<IReadOnlyList<string>> StillSendingAsync(StoredDocument thread, CancellationToken cancellationToken)
    {
        string[] before = [.. thread.Fields.Array(ThreadFields.Predecessors).Select(id => id.AsString).OfType<string>()];
        if (before.Length == 0)
        {
            return [];
        }

        var unfinished = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    FieldFilter.In(OutboxFields.ThreadId, before.Select(id => FirestoreValue.From(id))),
                    FieldFilter.In(OutboxFields.Status, OutboxStatusNames.Unfinished.Select(status => FirestoreValue.From(status))),
                ],
                OrderBy = [new FieldOrder(OutboxFields.OrderAt)],
                Limit = 1,
            },
            Purpose,
            cancellationToken);
        var isSettled = thread.Fields.Timestamp(ThreadFields.PredecessorsAt) is not { } at || at + _settled < clock.Now;
        return unfinished.Documents.Count == 0 && isSettled ? [] : before;
    }
}
