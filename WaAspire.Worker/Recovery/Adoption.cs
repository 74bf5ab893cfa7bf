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
        while (!stoppingToken.IsCancellationRequested)
        {
            var isDone = await LoopTurn.RunAsync(Purpose, () => options.Value.AdoptLegacy ? AdoptAllAsync(stoppingToken) : Task.CompletedTask, logger, stoppingToken);
            if (isDone)
            {
                _firstPass.TrySetResult();
            }

            await Pause.ForAsync(isDone ? options.Value.AdoptEvery : _outagePause, time, stoppingToken);
        }
    }

    private async Task AdoptAllAsync(CancellationToken cancellationToken)
    {
        foreach (var status in new[] { OutboxStatusNames.Queued, OutboxStatusNames.Processing, OutboxStatusNames.Sending })
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
                var adopted = await legacy.AdoptAsync(found, read.ReadTime, cancellationToken);
                metrics.Adopted(adopted);
                last = read.Documents.Count > 0 ? read.Documents[^1] : null;
            }
            while (read.Documents.Count == PageSize);
        }
    }
}
