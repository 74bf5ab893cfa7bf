using System.Text;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>
/// Troubles that are switched on from outside: answers that come late, calls that are refused, replies that get lost
/// before or after the call took effect. Every rule is counted down and then gone.
/// </summary>
internal sealed class Faults(TimeProvider time, Random random)
{
    private const int MaxRules = 100;
    private const int MaxTimes = 1_000_000;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxOffset = TimeSpan.FromDays(366);
    private readonly Lock _lock = new();
    private FaultPlan _plan = new();
    private long _pausedAt;

    /// <summary>What is left of the plan; plans are immutable and replaced as rules are used.</summary>
    public FaultPlan Plan
    {
        get
        {
            lock (_lock)
                return _plan;
        }
    }

    /// <summary>Null when the plan is taken; else why not.</summary>
    public string? Replace(FaultPlan plan)
    {
        IFaultRule[] rules = [.. plan.Failures, .. plan.LostReplies];
        var durations = plan.LostReplies.Select(rule => rule.AppliesAfter ?? TimeSpan.Zero).Append(plan.Latency).Append(plan.Pause);
        if (durations.Any(duration => duration < TimeSpan.Zero || duration > MaxDuration))
            return $"A duration lies between 0 and {MaxDuration}.";
        if (plan.ClockOffset.Duration() > MaxOffset)
            return $"The clock offset is at most {MaxOffset}.";
        if (plan.Rates.Count > MaxRules || plan.Rates.Any(rate => rate.Share is not (>= 0 and <= 1)))
            return $"At most {MaxRules} rates, each between 0 and 1.";
        if (rules.Length > MaxRules || rules.Any(rule => rule.Times is < 1 or > MaxTimes))
            return $"At most {MaxRules} rules, each 1 to {MaxTimes} times.";
        var statuses = plan.Failures.Select(rule => rule.Status).Concat(plan.Rates.Select(rate => rate.Status));
        if (statuses.FirstOrDefault(status => RpcCodes.Find(status) is null or RpcCode.Ok) is { } unknown)
            return $"Unknown status {unknown}.";
        lock (_lock)
            (_plan, _pausedAt) = (plan, time.GetTimestamp());
        return null;
    }

    public RpcCode? TakeFailure(string operation, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            var index = Find(_plan.Failures, rule => Fits(rule.Operation, rule.Contains, operation, body));
            if (index < 0)
                return TakeByChance_NeedsLock(operation);
            var rule = _plan.Failures[index];
            _plan = _plan with { Failures = CountDown(_plan.Failures, index, rule with { Times = rule.Times - 1 }) };
            return RpcCodes.Find(rule.Status);
        }
    }

    /// <summary>How long a call that comes now must wait: the rest of a pause, then the latency.</summary>
    public TimeSpan Delay()
    {
        lock (_lock)
        {
            var rest = _plan.Pause - time.GetElapsedTime(_pausedAt);
            return (rest > TimeSpan.Zero ? rest : TimeSpan.Zero) + _plan.Latency;
        }
    }

    public LostReply? TakeLostReply(string operation, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            var index = Find(_plan.LostReplies, rule => Fits(rule.Operation, rule.Contains, operation, body));
            if (index < 0)
                return null;
            var rule = _plan.LostReplies[index];
            _plan = _plan with { LostReplies = CountDown(_plan.LostReplies, index, rule with { Times = rule.Times - 1 }) };
            return rule;
        }
    }

    private RpcCode? TakeByChance_NeedsLock(string operation) =>
        _plan.Rates.FirstOrDefault(rate => (rate.Operation == "*" || rate.Operation == operation) && random.NextDouble() < rate.Share) is { } unlucky
            ? RpcCodes.Find(unlucky.Status)
            : null;

    private static int Find<T>(IReadOnlyList<T> rules, Func<T, bool> fits)
    {
        for (var index = 0; index < rules.Count; index++)
        {
            if (fits(rules[index]))
                return index;
        }

        return -1;
    }

    private static IReadOnlyList<T> CountDown<T>(IReadOnlyList<T> rules, int index, T left)
        where T : IFaultRule =>
        [.. rules.Take(index), .. left.Times > 0 ? [left] : Array.Empty<T>(), .. rules.Skip(index + 1)];

    private static bool Fits(string wanted, string? contains, string operation, ReadOnlyMemory<byte> body) =>
        (wanted == "*" || wanted == operation) && (contains is null || body.Span.IndexOf(Encoding.UTF8.GetBytes(contains)) >= 0);
}

/// <summary>What <c>PUT /emulator/v1/faults</c> takes and <c>GET</c> shows; times count down as rules are used.</summary>
internal sealed record FaultPlan
{
    /// <summary>Every call waits this long before anything else happens to it.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>No call gets any further before this much time has gone by: the whole service stands still, then goes on.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>How far commit and read times are ahead of the machine's clock (negative: behind; they rise all the same).</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>Calls that are refused by chance; times in <see cref="Failures"/> are exact.</summary>
    public IReadOnlyList<FailureRate> Rates { get; init; } = [];

    public IReadOnlyList<Failure> Failures { get; init; } = [];

    public IReadOnlyList<LostReply> LostReplies { get; init; } = [];
}

internal interface IFaultRule
{
    int Times { get; }
}

/// <summary>The call is refused with this status and not applied.</summary>
/// <param name="Operation">commit, batchGet, runQuery, signUp …, or * for all.</param>
/// <param name="Contains">Only requests whose body holds this text.</param>
internal sealed record Failure(string Operation, string Status, int Times = 1, string? Contains = null) : IFaultRule;

/// <summary>Of the calls of this kind, this share is refused and not applied.</summary>
/// <param name="Share">Between 0 and 1.</param>
internal sealed record FailureRate(string Operation, string Status, double Share);

/// <summary>The call is applied, and then the connection breaks without an answer.</summary>
/// <param name="BeforeApply">The connection breaks first, and nothing is applied.</param>
/// <param name="AppliesAfter">The connection breaks first, and the call is applied only this much later.</param>
internal sealed record LostReply(
    string Operation, int Times = 1, string? Contains = null, bool BeforeApply = false, TimeSpan? AppliesAfter = null) : IFaultRule;
