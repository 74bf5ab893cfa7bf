using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox.Assertions;

namespace WaAspire.Worker.Alarms;

/// <summary>
/// What is wrong with this worker, in words that its heartbeat carries to the one that evaluates: that one reads the
/// heartbeats anyway, so that knowing all workers costs nothing, and works while Redis is the one that is away.
/// </summary>
public sealed class WorkerSigns(ResilientLanes lanes, OutboxGuard guard)
{
    public const string Alone = "without_redis";
    public const string Violation = "assertion_violated";
    private static readonly TimeSpan _shownFor = TimeSpan.FromHours(1);

    public IReadOnlyList<string> Now() =>
        [.. (lanes.IsShared ? [] : new[] { Alone }).Concat(guard.SinceViolation < _shownFor ? [Violation] : [])];
}
