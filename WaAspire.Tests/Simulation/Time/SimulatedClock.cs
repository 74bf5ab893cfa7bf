namespace WaAspire.Tests.Simulation.Time;

/// <summary>One process's time: a wall clock that may be hours off, and a monotonic one that may run a little fast or slow.</summary>
internal sealed class SimulatedClock(World world, SimulatedProcess owner, TimeSpan wallSkew, double drift) : TimeProvider
{
    // Some code takes 0 for "never".
    private const long Start = 1_000_000_000;

    public TimeSpan WallSkew { get; set; } = wallSkew;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => world.Time + WallSkew;

    public override long GetTimestamp() => Start + (long)(world.Now.Ticks * (1 + drift));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(world, owner, callback, state, 1 + drift);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(World world, SimulatedProcess owner, TimerCallback callback, object? state, double rate) : ITimer
    {
        private int _generation;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Schedule(dueTime);
            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Schedule(TimeSpan dueTime)
        {
            var generation = ++_generation;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            world.After(dueTime / rate, owner, () =>
            {
                if (generation != _generation)
                {
                    return;
                }

                if (_period > TimeSpan.Zero)
                {
                    Schedule(_period);
                }

                callback(state);
            });
        }
    }
}
