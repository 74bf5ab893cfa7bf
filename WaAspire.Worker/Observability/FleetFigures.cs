using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Observability;

/// <summary>What gauges and alarms know of the whole fleet at one moment.</summary>
/// <param name="Shown">What <c>/metrics-json</c> shows.</param>
/// <param name="Uncertain">Messages whose outcome is unknown.</param>
/// <param name="FailedLastHour">Dead letters of the last hour.</param>
public sealed record FleetFigures(OutboxFigures Shown, long Uncertain, long FailedLastHour);

/// <summary>Reads them: the figures of <c>/metrics-json</c> and two counts more: nine reads while the queue is short, and two for each account.</summary>
public sealed class FleetFiguresReader(OutboxFiguresReader shown, IFirestore firestore, ServerClock clock)
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<FleetFigures> ReadAsync(CancellationToken cancellationToken)
    {
        // The first answer has told the time, whatever this worker has done before.
        var figures = await shown.ReadAsync(cancellationToken);
        var uncertain = CountAsync([FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Uncertain)], cancellationToken);
        var failed = CountAsync(
            [
                OutboxShard.All,
                FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Failed),
                new FieldFilter(OutboxFields.FailedAt, FilterOperator.GreaterThanOrEqual, clock.Now - _hour),
            ],
            cancellationToken);
        return new FleetFigures(figures, await uncertain, await failed);
    }

    private Task<long> CountAsync(IReadOnlyList<FieldFilter> where, CancellationToken cancellationToken) =>
        firestore.CountAsync(new DocumentQuery(FirestorePaths.Outbox) { Where = [.. where] }, OutboxFiguresReader.Purpose, cancellationToken);
}
