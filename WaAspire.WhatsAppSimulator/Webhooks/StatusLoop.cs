using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Faults;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>
/// Lets time pass for messages. What enters are updates that are due; what leaves are changed ticks on the phone
/// and POSTs in the queue. The only place that advances a message, so a fault decides once per status.
/// </summary>
internal sealed class StatusLoop(
    StatusSchedule schedule, ChatStore chats, FaultPlan plan, WebhookFaults faults, WebhookBodies bodies, WebhookQueue queue,
    IOptions<WebhookOptions> options, ILogger<StatusLoop> log) : BackgroundService
{
    private const int RoundMax = 1000;
    private const int BodyBytesMax = 3_000_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var due = await schedule.TakeAsync(RoundMax, stoppingToken);
            try
            {
                var now = due.SelectMany(Happen).ToArray();
                if (plan.Batch is { } batch) Gather(now, batch);
                else Tell(now);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // One odd message must not stop the clock for all others.
                log.RoundFailed(exception);
            }
        }
    }

    /// <summary>What is to be told now about one update: usually itself, after a fault nothing or something else.</summary>
    private IEnumerable<WebhookUpdate> Happen(WebhookUpdate update)
    {
        if (update.Gathered) return [update];
        if (update is StatusUpdate { Decided: false } status)
        {
            if (!chats.CanAdvance(status.Message, status.Status)) return [];
            var told = faults.Apply(status);
            chats.Advance(status.Message, told.HappenedAs, status.At);
            return told.Now;
        }

        return update is InboundUpdate { Decided: false } inbound ? faults.Apply(inbound) : faults.Release(update);
    }

    /// <summary>Sends what has gathered, all kinds and numbers together, and lets the rest wait for company.</summary>
    private void Gather(WebhookUpdate[] updates, Batching batch)
    {
        foreach (var update in updates.Where(update => !update.Gathered)) schedule.Gather(update, TimeSpan.FromMilliseconds(batch.Within));
        foreach (var together in updates.Where(update => update.Gathered).Chunk(batch.Max)) Enqueue(together);
    }

    private void Tell(WebhookUpdate[] updates)
    {
        foreach (var inbound in updates.OfType<InboundUpdate>()) Enqueue(inbound);
        foreach (var number in updates.OfType<StatusUpdate>().GroupBy(update => update.Message.PhoneNumberId))
            foreach (var batch in number.Chunk(options.Value.BatchMax))
                Enqueue(batch);
    }

    private void Enqueue(params WebhookUpdate[] updates)
    {
        var body = bodies.Of(updates);
        if (body.Length > BodyBytesMax && updates.Length > 1)
        {
            Enqueue(updates[..(updates.Length / 2)]);
            Enqueue(updates[(updates.Length / 2)..]);
            return;
        }

        if (plan.Batch is not null && updates.Length > 1) plan.CountBatch();
        if (!queue.Add(body)) log.QueueFull(queue.Dropped);
    }
}
