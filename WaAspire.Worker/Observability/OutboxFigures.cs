using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

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

/// <summary>Counts the fleet's figures in Firestore, messages by aggregation queries (one read per 1,000 documents counted).</summary>
public sealed class OutboxFiguresReader(
    IFirestore firestore, LeaseStore leases, ServerClock clock, IOptions<OwnershipOptions> ownership, IOptions<ObservabilityOptions> options, TimeProvider time) : IDisposable
{
    public const string Purpose = "metrics";
    private const int AccountsMax = 1000;

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
        var accounts = AccountsAsync(cancellationToken);
        var queued = CountAsync(InState(OutboxStatusNames.Queued), cancellationToken);
        var processing = CountAsync(InState(OutboxStatusNames.Processing), cancellationToken);
        var sending = CountAsync(InState(OutboxStatusNames.Sending), cancellationToken);

        // The first answer has told the time, whatever this worker has done before.
        var (active, reconnects) = await accounts;
        var now = clock.Now;
        var since = now - options.Value.RecentWindow;
        var sent = CountAsync(Since(OutboxStatusNames.Sent, OutboxFields.SentAt, since), cancellationToken);
        var failed = CountAsync(Since(OutboxStatusNames.Failed, OutboxFields.FailedAt, since), cancellationToken);
        var lag = LagAsync(now, cancellationToken);
        return new OutboxFigures(
            active, await queued, await processing + await sending, await sent, await failed, reconnects, await lag, now);
    }

    /// <summary>
    /// Connected accounts of the whole fleet, and how often sessions had to be made anew. A session shows <c>connected</c> until its
    /// next owner says otherwise: it counts only while somebody's lease stands. One read an account, and one for each such lease.
    /// </summary>
    private async Task<(long Active, long Reconnects)> AccountsAsync(CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Limit = AccountsMax }, Purpose, cancellationToken);
        var connected = read.Documents.Select(Account.Read).Where(account => account.IsConnected).ToList();
        var sessions = connected.Where(account => account.Provider != AccountFields.CloudApi).Select(account => account.Id).ToList();
        var (held, readTime) = sessions.Count == 0 ? ([], read.ReadTime) : await leases.ReadAsync(sessions, cancellationToken);
        return (
            connected.Count - sessions.Count + held.Count(lease => lease.Owner is not null && lease.EndsAt(ownership.Value) > readTime),
            read.Documents.Sum(account => account.Fields.Integer(AccountFields.ReconnectCount) ?? 0));
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
