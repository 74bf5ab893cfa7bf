using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Observability;

/// <summary>The body of <c>/metrics-json</c>, exactly these fields: the operators' scripts and alarms read them.</summary>
public sealed record OutboxFigures(
    long ActiveAccounts,
    long QueuedCount,
    long ProcessingCount,
    long SentLast5m,
    long FailedLast5m,
    long ReconnectCount,
    long OutboxLagSeconds,
    [property: JsonConverter(typeof(IsoTimeConverter))] DateTimeOffset Timestamp);

/// <summary>Counts the fleet's figures in Firestore, by aggregation queries (one read per 1,000 documents counted).</summary>
public sealed class OutboxFiguresReader(IFirestore firestore, AccountDirectory accounts, ServerClock clock, IOptions<ObservabilityOptions> options, TimeProvider time) : IDisposable
{
    public const string Purpose = "metrics";

    private readonly SemaphoreSlim _one = new(1);
    private OutboxFigures? _latest;
    private long _readAt;

    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<OutboxFigures> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_latest is null || time.GetElapsedTime(_readAt) >= options.Value.MetricsFreshFor)
            {
                _latest = await CountAllAsync(cancellationToken);
                _readAt = time.GetTimestamp();
            }

            return _latest;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<OutboxFigures> CountAllAsync(CancellationToken cancellationToken)
    {
        var active = CountAsync(new DocumentQuery(FirestorePaths.Accounts) { Where = [FieldFilter.Equal("status", "connected")] }, cancellationToken);
        var queued = CountAsync(InState(OutboxStatusNames.Queued), cancellationToken);
        var processing = CountAsync(InState(OutboxStatusNames.Processing), cancellationToken);
        var sending = CountAsync(InState(OutboxStatusNames.Sending), cancellationToken);

        // The first answer has told the time, whatever this worker has done before.
        await active;
        var now = clock.Now;
        var since = now - options.Value.RecentWindow;
        var sent = CountAsync(Since(OutboxStatusNames.Sent, OutboxFields.SentAt, since), cancellationToken);
        var failed = CountAsync(Since(OutboxStatusNames.Failed, OutboxFields.FailedAt, since), cancellationToken);
        var lag = LagAsync(now, cancellationToken);
        return new OutboxFigures(
            await active, await queued, await processing + await sending, await sent, await failed, accounts.All.Sum(account => account.ReconnectCount), await lag, now);
    }

    private Task<long> CountAsync(DocumentQuery query, CancellationToken cancellationToken) => firestore.CountAsync(query, Purpose, cancellationToken);

    private static DocumentQuery InState(string status) =>
        new(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(OutboxFields.Status, status)] };

    private static DocumentQuery Since(string status, string field, DateTimeOffset since) => new(FirestorePaths.Outbox)
    {
        Where = [OutboxShard.All, FieldFilter.Equal(OutboxFields.Status, status), new FieldFilter(field, FilterOperator.GreaterThanOrEqual, since)],
    };

    /// <summary>Age in whole seconds of the oldest queued message whose time has come; 0 when there is none.</summary>
    private async Task<long> LagAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var oldest = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    OutboxShard.All,
                    FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued),
                    new FieldFilter(OutboxFields.OrderAt, FilterOperator.LessThanOrEqual, now),
                ],
                OrderBy = [new FieldOrder(OutboxFields.OrderAt)],
                Limit = 1,
            },
            Purpose,
            cancellationToken);
        return oldest.Documents.Count == 0 ? 0 : (long)(now - OutboxDocument.Read(oldest.Documents[0]).OrderAt!.Value).TotalSeconds;
    }
}
