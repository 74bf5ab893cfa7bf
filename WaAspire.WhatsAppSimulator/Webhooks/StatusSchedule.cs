using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>One thing that a webhook will tell, when its time has come.</summary>
internal abstract record WebhookUpdate(PhoneMessage Message, DateTimeOffset At);

/// <param name="Body">The request that made the message; filters of faults look into it.</param>
/// <param name="Code">Error code of a failure.</param>
/// <param name="Decided">The phone shows it already and faults have had their say: only the telling is left.</param>
/// <param name="Held">Waits to be overtaken by the next status of its message.</param>
internal sealed record StatusUpdate(
    PhoneMessage Message, string Status, DateTimeOffset At, RawJson? Body, int? Code = null, bool Decided = false, bool Held = false)
    : WebhookUpdate(Message, At);

/// <param name="Content">Type and payload as Meta's <c>messages[]</c> has them; null for a text.</param>
internal sealed record InboundUpdate(PhoneMessage Message, string? Name, DateTimeOffset At, RawJson? Content = null, bool Decided = false)
    : WebhookUpdate(Message, At);

/// <summary>What will happen to messages, and when. Adding never waits: the answer to the sender must not.</summary>
internal sealed class StatusSchedule(IOptions<WebhookOptions> options, TimeProvider time)
{
    private readonly WebhookOptions _options = options.Value;
    private readonly DueQueue<WebhookUpdate> _queue = new(options.Value.UpdatesMax, time);

    public int Count => _queue.Count;
    public long Dropped => _queue.Dropped;

    public void ForAccepted(PhoneMessage message, RawJson body)
    {
        Status(message, MessageStatus.Sent, _options.SentAfter, body);
        // Reactions are never reported beyond sent.
        if (message.Type == "reaction") return;
        Status(message, MessageStatus.Delivered, _options.DeliveredAfter, body);
        if (_options.ReadAfter is { } readAfter) Status(message, MessageStatus.Read, readAfter, body);
    }

    public void ForRead(PhoneMessage message) => Status(message, MessageStatus.Read, TimeSpan.Zero, body: null);

    public void ForInbound(PhoneMessage message, string? name, RawJson? content = null) =>
        Add(new InboundUpdate(message, name, message.At, content), message.At);

    public void Add(WebhookUpdate update, DateTimeOffset due) => _queue.TryAdd(update, due);

    public Task<IReadOnlyList<WebhookUpdate>> TakeAsync(int limit, CancellationToken cancellation) => _queue.TakeAsync(limit, cancellation);

    private void Status(PhoneMessage message, string status, TimeSpan after, RawJson? body)
    {
        var due = OnTick(time.GetUtcNow() + after);
        Add(new StatusUpdate(message, status, due, body), due);
    }

    private DateTimeOffset OnTick(DateTimeOffset due)
    {
        var tick = _options.Tick.Ticks;
        return new DateTimeOffset((due.UtcTicks + tick - 1) / tick * tick, TimeSpan.Zero);
    }
}
