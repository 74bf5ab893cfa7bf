using System.Text;

namespace WaAspire.WhatsAppSimulator.Faults;

/// <summary>
/// What a fault is matched against: a request, or the webhook update of one. The text stands beside the body
/// because JSON writes some characters (emoji, line ends) as escapes.
/// </summary>
internal readonly record struct FaultTarget(
    string PhoneNumberId, string To, string? Opaque, RawJson? Body, string Text, string? Status = null)
{
    public bool Contains(string part) =>
        Text.Contains(part, StringComparison.Ordinal)
        || (Body is not null && Encoding.UTF8.GetString(Body.Utf8.Span).Contains(part, StringComparison.Ordinal));
}

/// <summary>A fault that is switched on, and how often it has acted.</summary>
internal sealed record FaultState(Fault Fault, int? Remaining, long Hits);

/// <summary>
/// The faults that are switched on. The first that matches acts, alone; one that has acted <c>times</c> times stays
/// listed with 0 remaining, so that who switched it on can see that it did.
/// </summary>
internal sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private FaultSettings _settings = new();
    private Random _chance = new(1);
    private FaultState[] _requests = [];
    private FaultState[] _webhooks = [];
    private long _batched;

    public TimeSpan Latency
    {
        get { lock (_gate) return TimeSpan.FromMilliseconds(_settings.Latency); }
    }

    public Batching? Batch
    {
        get { lock (_gate) return _settings.Batch; }
    }

    /// <summary>POSTs that carried more than one update since the switch was set.</summary>
    public long Batched
    {
        get { lock (_gate) return _batched; }
    }

    public int Count
    {
        get { lock (_gate) return _requests.Concat(_webhooks).Count(state => state.Remaining is not 0); }
    }

    public void Set(FaultSettings settings)
    {
        lock (_gate)
        {
            _settings = settings;
            _chance = new Random(settings.Seed);
            _requests = [.. settings.Faults.Select(Start)];
            _webhooks = [.. settings.Webhooks.Select(Start)];
            _batched = 0;
        }
    }

    public (FaultSettings Settings, FaultState[] Requests, FaultState[] Webhooks) Show()
    {
        lock (_gate) return (_settings, [.. _requests], [.. _webhooks]);
    }

    public Fault? TakeForRequest(FaultTarget target)
    {
        lock (_gate) return Take_NeedsLock(_requests, fault => Matches(fault, target));
    }

    public Fault? TakeForWebhook(FaultTarget target)
    {
        lock (_gate) return Take_NeedsLock(_webhooks, fault => fault.Kind != FaultKinds.WrongSignature && Matches(fault, target));
    }

    /// <summary>Whether this POST is to be signed wrongly.</summary>
    public bool TakeWrongSignature()
    {
        lock (_gate) return Take_NeedsLock(_webhooks, fault => fault.Kind == FaultKinds.WrongSignature) is not null;
    }

    /// <summary>From 0 up to 1, by the seed.</summary>
    public double Chance()
    {
        lock (_gate) return _chance.NextDouble();
    }

    public void CountBatch()
    {
        lock (_gate) _batched++;
    }

    private Fault? Take_NeedsLock(FaultState[] states, Func<Fault, bool> matches)
    {
        for (var i = 0; i < states.Length; i++)
        {
            var (fault, remaining, hits) = states[i];
            if (remaining is 0 || !matches(fault)) continue;
            if (fault.Share is { } share && _chance.NextDouble() >= share) continue;
            states[i] = new FaultState(fault, remaining - 1, hits + 1);
            return fault;
        }

        return null;
    }

    private static FaultState Start(Fault fault) => new(fault, fault.Times ?? (fault.Share is null ? 1 : null), 0);

    private static bool Matches(Fault fault, FaultTarget target) =>
        (fault.To is null || string.Concat(fault.To.Where(char.IsAsciiDigit)) == target.To)
        && (fault.PhoneNumberId is null || fault.PhoneNumberId == target.PhoneNumberId)
        && (fault.BodyContains is null || target.Contains(fault.BodyContains))
        && (fault.OpaqueContains is null || (target.Opaque ?? "").Contains(fault.OpaqueContains, StringComparison.Ordinal))
        && fault.Status switch { null => target.Status is not "inbound", "any" => true, var status => status == target.Status };
}
