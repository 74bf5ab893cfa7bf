using WaAspire.WhatsAppSimulator.Faults;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>How a status went on the phone, and what its webhooks say now.</summary>
internal readonly record struct Told(string HappenedAs, IReadOnlyList<WebhookUpdate> Now);

/// <summary>
/// Bends what webhooks tell, never what happened (failStatus excepted: there the message does fail).
/// Used by <see cref="StatusLoop"/> alone, hence without locks.
/// </summary>
internal sealed class WebhookFaults(FaultPlan plan, StatusSchedule schedule, TimeProvider time)
{
    private const int DefaultFailure = 131026;
    private const int HeldMax = 10_000;
    private static readonly TimeSpan DefaultDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HoldAtMost = TimeSpan.FromSeconds(5);

    // Statuses that wait to be overtaken, by message id.
    private readonly Dictionary<string, StatusUpdate> _held = [];

    public Told Apply(StatusUpdate update)
    {
        var fault = plan.TakeForWebhook(Target(update, update.Status, update.Body));
        var told = update with { Decided = true };
        return fault?.Kind switch
        {
            null => new(update.Status, WithHeld(told)),
            FaultKinds.FailStatus => new(
                MessageStatus.Failed, WithHeld(told with { Status = MessageStatus.Failed, Code = fault.Code ?? DefaultFailure })),
            FaultKinds.Reorder when _held.Count < HeldMax => new(update.Status, Hold(told, fault.For ?? HoldAtMost)),
            _ => new(update.Status, Bend(fault, told)),
        };
    }

    public IReadOnlyList<WebhookUpdate> Apply(InboundUpdate update)
    {
        var told = update with { Decided = true };
        return plan.TakeForWebhook(Target(update, "inbound", body: null)) is { } fault ? Bend(fault, told) : [told];
    }

    /// <summary>An update that was put off is due: it is told, unless it was held and something has overtaken it.</summary>
    public IReadOnlyList<WebhookUpdate> Release(WebhookUpdate update)
    {
        if (update is not StatusUpdate { Held: true } status) return [update];
        return _held.TryGetValue(status.Message.Id, out var held) && held == status && _held.Remove(status.Message.Id) ? [status] : [];
    }

    private IReadOnlyList<WebhookUpdate> Bend(Fault fault, WebhookUpdate told)
    {
        switch (fault.Kind)
        {
            case FaultKinds.Suppress:
                return [];
            case FaultKinds.Duplicate:
                return [told, told];
            case FaultKinds.Delay:
                schedule.Add(told, time.GetUtcNow() + (fault.For ?? DefaultDelay));
                return [];
            default:
                return [told];
        }
    }

    // The one that comes after leaves first, and takes the held one along behind it.
    private IReadOnlyList<WebhookUpdate> WithHeld(StatusUpdate told) =>
        _held.Remove(told.Message.Id, out var held) ? [told, held] : [told];

    private IReadOnlyList<WebhookUpdate> Hold(StatusUpdate told, TimeSpan atMost)
    {
        var held = told with { Held = true };
        _held[told.Message.Id] = held;
        schedule.Add(held, time.GetUtcNow() + atMost);
        return [];
    }

    private static FaultTarget Target(WebhookUpdate update, string status, RawJson? body) => new(
        update.Message.PhoneNumberId,
        update.Message.Contact,
        update.Message.Opaque,
        body,
        update.Message.Text,
        status);
}
