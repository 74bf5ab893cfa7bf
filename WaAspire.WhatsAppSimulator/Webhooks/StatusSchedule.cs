using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>One thing that a webhook will tell, when its time has come.</summary>
internal abstract record WebhookUpdate(PhoneMessage Message, DateTimeOffset At)
{
    /// <summary>The phone shows it already and faults have had their say: only the telling is left.</summary>
    public bool Decided { get; init; }

    /// <summary>Waits to be overtaken.</summary>
    public bool Held { get; init; }

    /// <summary>Has waited for company: it leaves with all that have.</summary>
    public bool Gathered { get; init; }
}

/// <param name="Body">The request that made the message; filters of faults look into it.</param>
/// <param name="Code">Error code of a failure.</param>
internal sealed record StatusUpdate(PhoneMessage Message, string Status, DateTimeOffset At, RawJson? Body, int? Code = null)
    : WebhookUpdate(Message, At);

/// <param name="Content">Type and payload as Meta's <c>messages[]</c> has them; null for a text.</param>
internal sealed record InboundUpdate(PhoneMessage Message, string? Name, DateTimeOffset At, RawJson? Content = null)
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
        if (message.Blocked is { } block)
        {
            // One tick for ever, as a real phone shows it; or the failure that who blocked has asked for.
            if (block.Code is { } code) Status(message, MessageStatus.Failed, _options.DeliveredAfter, body, code);
            return;
        }

        Status(message, MessageStatus.Delivered, _options.DeliveredAfter, body);
        if (_options.ReadAfter is { } readAfter) Status(message, MessageStatus.Read, readAfter, body);
    }

    public void ForRead(PhoneMessage message) => Status(message, MessageStatus.Read, TimeSpan.Zero, body: null);

    public void ForInbound(PhoneMessage message, string? name, RawJson? content = null) =>
        Add(new InboundUpdate(message, name, message.At, content), message.At);

    public void Add(WebhookUpdate update, DateTimeOffset due) => _queue.TryAdd(update, due);

    public Task<IReadOnlyList<WebhookUpdate>> TakeAsync(int limit, CancellationToken cancellation) => _queue.TakeAsync(limit, cancellation);

    /// <summary>Puts a decided update off to the end of the running span; all that are put off meanwhile leave with it.</summary>
    public void Gather(WebhookUpdate update, TimeSpan span) => Add(update with { Gathered = true }, RoundUp(time.GetUtcNow(), span));

    private void Status(PhoneMessage message, string status, TimeSpan after, RawJson? body, int? code = null)
    {
        var due = RoundUp(time.GetUtcNow() + after, _options.Tick);
        Add(new StatusUpdate(message, status, due, body, code), due);
    }

    private static DateTimeOffset RoundUp(DateTimeOffset due, TimeSpan tick) =>
        new((due.UtcTicks + tick.Ticks - 1) / tick.Ticks * tick.Ticks, TimeSpan.Zero);
}
