using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Takes over the unfinished documents of the old system, before this worker takes its first lane and now and then
/// after that. Each document is changed once, under its update time; nothing that was not adopted is ever claimed, because it has
/// neither a shard nor a place in an order. If we die half way, the next pass goes on: adopted documents are skipped.
/// </summary>
public sealed class Adoption(
    IFirestore firestore, LegacyMessages legacy, IOptions<RecoveryOptions> options, WorkerMetrics metrics, TimeProvider time, ILogger<Adoption> logger)
    : BackgroundService
{
    public const string Purpose = "adopt";
    private const int PageSize = 200;
    private static readonly TimeSpan _outagePause = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _firstPass = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when everything that was there at the start has been adopted.</summary>
    public Task FirstPass => _firstPass.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var hasDeadLetters = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var isDone = await LoopTurn.RunAsync(Purpose, () => options.Value.AdoptLegacy ? AdoptAllAsync(stoppingToken) : Task.CompletedTask, logger, stoppingToken);
            if (isDone)
            {
                _firstPass.TrySetResult();
                hasDeadLetters = hasDeadLetters || !options.Value.AdoptLegacy || await LoopTurn.RunAsync("dead letters of old", () => AdoptDeadLettersAsync(stoppingToken), logger, stoppingToken);
            }

            await Pause.ForAsync(isDone && hasDeadLetters ? options.Value.AdoptEvery : _outagePause, time, stoppingToken);
        }
    }

    private async Task AdoptAllAsync(CancellationToken cancellationToken)
    {
        foreach (var status in new[] { OutboxStatusNames.Queued, OutboxStatusNames.Processing, OutboxStatusNames.Sending })
        {
            await EachPageAsync(status, (found, readTime) => legacy.AdoptAsync(found, readTime, cancellationToken), cancellationToken);
        }
    }

    /// <summary>Once in a worker's life: it reads every dead letter, and nobody waits for them.</summary>
    private Task AdoptDeadLettersAsync(CancellationToken cancellationToken) =>
        EachPageAsync(OutboxStatusNames.Failed, (found, _) => legacy.AdoptDeadLettersAsync(found, cancellationToken), cancellationToken);

    private async Task EachPageAsync(string status, Func<IReadOnlyList<StoredDocument>, DateTimeOffset, Task<int>> adopt, CancellationToken cancellationToken)
    {
        StoredDocument? last = null;
        DocumentsRead read;
        do
        {
            read = await firestore.QueryAsync(
                new DocumentQuery(FirestorePaths.Outbox)
                {
                    Where = [FieldFilter.Equal(OutboxFields.Status, status)],
                    StartAfterPath = last?.Path,
                    Limit = PageSize,
                },
                Purpose,
                cancellationToken);
            var found = read.Documents.Where(document => OutboxDocument.Read(document).Schema is null).ToList();
            metrics.Adopted(await adopt(found, read.ReadTime));
            last = read.Documents.Count > 0 ? read.Documents[^1] : null;
        }
        while (read.Documents.Count == PageSize);
    }
}
