using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>
/// Lets time pass for messages. What enters are updates that are due; what leaves are changed ticks on the phone
/// and POSTs in the queue. The only place that advances a message, so a fault decides once per status.
/// </summary>
internal sealed class StatusLoop(
    StatusSchedule schedule, ChatStore chats, WebhookFaults faults, WebhookBodies bodies, WebhookQueue queue,
    IOptions<WebhookOptions> options, ILogger<StatusLoop> log) : BackgroundService
{
    private const int RoundMax = 1000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var due = await schedule.TakeAsync(RoundMax, stoppingToken);
            try
            {
                Tell([.. due.SelectMany(Happen)]);
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
        if (update is StatusUpdate { Decided: false } status)
        {
            if (!chats.CanAdvance(status.Message, status.Status)) return [];
            var told = faults.Apply(status);
            chats.Advance(status.Message, told.HappenedAs, status.At);
            return told.Now;
        }

        return update is InboundUpdate { Decided: false } inbound ? faults.Apply(inbound) : faults.Release(update);
    }

    private void Tell(IReadOnlyList<WebhookUpdate> updates)
    {
        foreach (var inbound in updates.OfType<InboundUpdate>()) Enqueue(bodies.Inbound(inbound));
        foreach (var number in updates.OfType<StatusUpdate>().GroupBy(update => update.Message.PhoneNumberId))
            foreach (var batch in number.Chunk(options.Value.BatchMax))
                Enqueue(bodies.Statuses(number.Key, batch));
    }

    private void Enqueue(byte[] body)
    {
        if (!queue.Add(body)) log.QueueFull(queue.Dropped);
    }
}
