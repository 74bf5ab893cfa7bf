using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Api;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Overview;

/// <summary>Everything an operator looks at, at one moment.</summary>
internal sealed record FleetOverview(
    DateTimeOffset At, FleetFigures Figures, IReadOnlyList<StoredDocument> Accounts, Func<string, Activity> ActivityOf, Waiting Waiting, IReadOnlyList<StoredDocument> Doubts, DeadLetterPage DeadLetters);

/// <summary>
/// Looks at the fleet for the operator's page. Enters: the question. Leaves: the figures of <c>/metrics-json</c> by their own reader, and
/// what stands behind them, each list bounded. It changes nothing, so that there is nothing to die in.
/// A look costs 10 reads and 3 for each account, one for each message listed, and now and then those of <see cref="AccountActivity"/>.
/// </summary>
internal sealed class OverviewReader(
    FleetFiguresReader figures,
    AccountCatalog catalog,
    AccountActivity activity,
    WaitingMessages waiting,
    DeadLetters letters,
    IFirestore firestore,
    IOptions<OverviewOptions> options,
    TimeProvider time) : IDisposable
{
    private const string Purpose = "overview";
    private static readonly DeadLetterFilter _any = new(null, null, null);

    private readonly SemaphoreSlim _one = new(1);
    private FleetOverview? _latest;
    private long _readAt;

    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<FleetOverview> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_latest is null || time.GetElapsedTime(_readAt) >= options.Value.FreshFor)
            {
                _latest = await LookAsync(cancellationToken);
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

    private async Task<FleetOverview> LookAsync(CancellationToken cancellationToken)
    {
        var limits = options.Value;
        var counted = await figures.ReadAsync(cancellationToken);
        var read = await catalog.ReadAsync(cancellationToken);
        var accounts = read.Living.OrderBy(account => account.CreateTime).ToList();
        string[] ids = [.. accounts.Select(account => account.Id)];
        var seen = activity.ReadAsync(ids, cancellationToken);

        // What was counted as none is not asked for: then a quiet fleet costs next to nothing to look at.
        var queue = counted.Shown.QueuedCount == 0 ? Task.FromResult(new Waiting([], [])) : waiting.ReadAsync(ids, limits.WaitingMax, cancellationToken);
        var doubts = counted.Uncertain == 0 ? Task.FromResult<IReadOnlyList<StoredDocument>>([]) : DoubtsAsync(limits.DoubtsMax, cancellationToken);
        var dead = await letters.NewestFirstAsync(_any, before: null, limits.DeadLettersMax, cancellationToken);
        return new FleetOverview(read.ReadTime, counted, accounts, await seen, await queue, await doubts, dead);
    }

    /// <summary>Also those that were released from their lane, which no ordered index has.</summary>
    private async Task<IReadOnlyList<StoredDocument>> DoubtsAsync(int limit, CancellationToken cancellationToken) => (await firestore.QueryAsync(
        new DocumentQuery(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Uncertain)], Limit = limit },
        Purpose,
        cancellationToken)).Documents;
}
