using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Takes over the dead letters of the old system, so that they are listed and replayed like ours. An operator asks for it
/// once, after the move: nobody makes new ones, and looking for them again and again would read every dead letter there is.
/// If we die half way, the call is repeated: what was taken over is skipped.
/// </summary>
public sealed class OldDeadLetters(IFirestore firestore, LegacyMessages legacy, WorkerMetrics metrics)
{
    public const int PageSize = 200;

    /// <param name="after">The last request id of the page before; null at the start.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many were taken over, and the last request id that was looked at; null at the end.</returns>
    /// <exception cref="FirestoreException">The store is out; the same page can be asked for again.</exception>
    public async Task<(int Adopted, string? Next)> AdoptAsync(string? after, CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Failed)],
                StartAfterPath = after is null ? null : FirestorePaths.OutboxMessage(after),
                Limit = PageSize,
            },
            Adoption.Purpose,
            cancellationToken);
        var found = read.Documents.Where(document => OutboxDocument.Read(document).Schema is null).ToList();
        var adopted = await legacy.AdoptAsync(found, read.ReadTime, cancellationToken);
        metrics.Adopted(adopted);
        return (adopted, read.Documents.Count < PageSize ? null : read.Documents[^1].Id);
    }
}
