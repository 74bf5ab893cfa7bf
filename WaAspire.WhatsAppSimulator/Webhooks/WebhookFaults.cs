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

    // Updates that wait to be overtaken, by what overtakes them.
    private readonly Dictionary<string, WebhookUpdate> _held = [];

    public Told Apply(StatusUpdate update)
    {
        var fault = plan.TakeForWebhook(Target(update, update.Status, update.Body));
        var told = update with { Decided = true };
        return fault is { Kind: FaultKinds.FailStatus }
            ? new(MessageStatus.Failed, WithHeld(told with { Status = MessageStatus.Failed, Code = fault.Code ?? DefaultFailure }))
            : new(update.Status, Bend(fault, told));
    }

    public IReadOnlyList<WebhookUpdate> Apply(InboundUpdate update) =>
        Bend(plan.TakeForWebhook(Target(update, "inbound", body: null)), update with { Decided = true });

    /// <summary>An update that was put off is due: it is told, unless it was held and something has overtaken it.</summary>
    public IReadOnlyList<WebhookUpdate> Release(WebhookUpdate update)
    {
        if (!update.Held) return [update];
        return _held.TryGetValue(Overtakes(update), out var held) && held == update && _held.Remove(Overtakes(update)) ? [update] : [];
    }

    private IReadOnlyList<WebhookUpdate> Bend(Fault? fault, WebhookUpdate told)
    {
        switch (fault?.Kind)
        {
            case null:
                return WithHeld(told);
            case FaultKinds.Reorder when _held.Count < HeldMax && !_held.ContainsKey(Overtakes(told)):
                return Hold(told, fault.For ?? HoldAtMost);
            case FaultKinds.Suppress:
                return [];
            case FaultKinds.Duplicate when fault.For is { } later:
                schedule.Add(told, time.GetUtcNow() + later);
                return WithHeld(told);
            case FaultKinds.Duplicate:
                return [told, .. WithHeld(told)];
            case FaultKinds.Delay:
                schedule.Add(told, time.GetUtcNow() + (fault.For ?? DefaultDelay));
                return [];
            case FaultKinds.Shuffle:
                schedule.Add(told, time.GetUtcNow() + (plan.Chance() * (fault.For ?? DefaultDelay)));
                return [];
            default:
                return WithHeld(told);
        }
    }

    // The one that comes after leaves first, and takes the held one along behind it.
    private IReadOnlyList<WebhookUpdate> WithHeld(WebhookUpdate told) =>
        _held.Remove(Overtakes(told), out var held) ? [told, held] : [told];

    private IReadOnlyList<WebhookUpdate> Hold(WebhookUpdate told, TimeSpan atMost)
    {
        var held = told with { Held = true };
        _held[Overtakes(told)] = held;
        schedule.Add(held, time.GetUtcNow() + atMost);
        return [];
    }

    // A status is overtaken by one of its message, what a person wrote by what the same person writes next.
    private static string Overtakes(WebhookUpdate update) =>
        update is StatusUpdate ? update.Message.Id : $"{update.Message.PhoneNumberId}/{update.Message.Contact}";

    private static FaultTarget Target(WebhookUpdate update, string status, RawJson? body) => new(
        update.Message.PhoneNumberId,
        update.Message.Contact,
        update.Message.Opaque,
        body,
        update.Message.Text,
        status);
}
