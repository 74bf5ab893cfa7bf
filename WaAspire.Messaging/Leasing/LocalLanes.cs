namespace WaAspire.Messaging.Leasing;

/// <summary>
/// The same lanes in one process's memory: what a worker falls back to while Redis is away. It knows only what its own
/// sweep found, and takes only the lanes that <paramref name="isMine"/> gives it; the claim keeps it apart from others
/// that believe the same. If the process dies, so does this, and the next sweep starts from the beginning.
/// </summary>
public sealed class LocalLanes(Func<Lane, bool> isMine, TimeSpan hold, TimeProvider time) : ILanes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Lane, Entry> _lanes = [];
    private readonly Dictionary<string, long> _lastServed = new(StringComparer.Ordinal);
    private readonly WakeUp _wakeUp = new();
    private readonly string _life = $"local-{time.GetTimestamp()}";

    // Lanes of an earlier outage may still be in somebody's hand: their tokens must not come again.
    private long _lastToken = time.GetTimestamp();
    private DateTimeOffset? _cursor;

    private enum Mark
    {
        None,
        LookAgain,
        DueWhateverTheHolderSays,
    }

    public Task SignalAsync(Lane lane, TimeSpan delay, DateTimeOffset? committedAt = null)
    {
        lock (_gate)
        {
            var now = Now();
            var entry = Find(lane);

            // Also while nobody has taken over a hold that has run out: its holder may yet come back and call the lane empty.
            entry.LookAgain(committedAt ?? DateTimeOffset.MaxValue);
            if (!entry.IsHeld(now) && !entry.Blocked && entry.Due > now + delay)
            {
                entry.Due = now + delay;
            }
        }

        _wakeUp.Set();
        return Task.CompletedTask;
    }

    public Task UnblockAsync(Lane lane)
    {
        lock (_gate)
        {
            var entry = Find(lane);
            if (entry.IsHeld(Now()))
            {
                entry.Mark = Mark.DueWhateverTheHolderSays;
            }
            else
            {
                entry.Rest(Now(), blocked: false);
            }
        }

        _wakeUp.Set();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<HeldLane>> AcquireAsync(int count, Func<string, bool> mayTake, Func<string, bool>? isElsewhere = null)
    {
        lock (_gate)
        {
            var now = Now();
            return Task.FromResult<IReadOnlyList<HeldLane>>(Due(count, now, mayTake).ConvertAll(lane =>
            {
                _lanes[lane].Hold(++_lastToken, now + hold);
                _lastServed[lane.AccountId] = _lastToken;
                return new HeldLane(lane, _lastToken);
            }));
        }
    }

    public Task<IReadOnlyList<HeldLane>> RenewAsync(IReadOnlyCollection<HeldLane> held)
    {
        lock (_gate)
        {
            var until = Now() + hold;
            var lost = new List<HeldLane>();
            foreach (var lane in held)
            {
                if (_lanes.TryGetValue(lane.Lane, out var entry) && entry.Token == lane.Token)
                {
                    entry.Due = until;
                }
                else
                {
                    lost.Add(lane);
                }
            }

            return Task.FromResult<IReadOnlyList<HeldLane>>(lost);
        }
    }

    public Task<bool> ReleaseAsync(HeldLane held, LaneRelease release)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(held.Lane, out var entry) || entry.Token != held.Token)
            {
                return Task.FromResult(false);
            }

            var now = Now();
            var blocked = release is LaneRelease.Blocked;
            if (entry.Mark == Mark.DueWhateverTheHolderSays || (entry.Mark == Mark.LookAgain && !blocked && !(release is LaneRelease.Empty empty && entry.LatestCommit <= empty.Seen)))
            {
                entry.Rest(now, blocked: false);
            }
            else if (release is LaneRelease.Empty)
            {
                _lanes.Remove(held.Lane);
            }
            else
            {
                entry.Rest(now + (release is LaneRelease.DueIn due ? due.Delay : ((LaneRelease.Blocked)release).Delay), blocked);
            }
        }

        return Task.FromResult(true);
    }

    /// <summary>Always granted: without Redis nobody can be asked, and a second sweep does no harm.</summary>
    public Task<SweepTurn?> TryTakeSweepAsync(TimeSpan turn) => Task.FromResult<SweepTurn?>(new SweepTurn(_cursor, _life));

    public Task SaveSweepCursorAsync(SweepTurn turn, DateTimeOffset cursor)
    {
        if (turn.Life == _life)
        {
            _cursor = cursor;
        }

        return Task.CompletedTask;
    }

    public Task RepairAsync(IReadOnlyCollection<string> accountIds) => Task.CompletedTask;

    public Task WakeAsync(string accountId)
    {
        _wakeUp.Set();
        return Task.CompletedTask;
    }

    public Task WaitForSignalAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var untilDue = UntilDue();
        return _wakeUp.WaitAsync(untilDue < atMost ? untilDue : atMost, time, cancellationToken);
    }

    private TimeSpan UntilDue()
    {
        lock (_gate)
        {
            var now = Now();
            return _lanes.Values.Where(lane => lane.Due > now).Select(lane => lane.Due - now).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        }
    }

    private TimeSpan Now() => time.GetElapsedTime(0);

    /// <summary>The accounts take turns, the longest not served first; inside one, the longest waiting lane first.</summary>
    private List<Lane> Due(int count, TimeSpan now, Func<string, bool> mayTake) =>
    [
        .. _lanes
            .Where(lane => lane.Value.Due <= now && mayTake(lane.Key.AccountId) && isMine(lane.Key))
            .GroupBy(lane => lane.Key.AccountId)
            .SelectMany(account => account.OrderBy(lane => lane.Value.Due).Take(count).Select((lane, turn) => (lane.Key, turn)))
            .OrderBy(lane => lane.turn)
            .ThenBy(lane => _lastServed.GetValueOrDefault(lane.Key.AccountId))
            .Take(count)
            .Select(lane => lane.Key),
    ];

    private Entry Find(Lane lane)
    {
        if (!_lanes.TryGetValue(lane, out var entry))
        {
            _lanes[lane] = entry = new Entry();
        }

        return entry;
    }

    private sealed class Entry
    {
        public TimeSpan Due { get; set; } = TimeSpan.MaxValue;

        public long Token { get; private set; }

        public bool Blocked { get; private set; }

        public Mark Mark { get; set; }

        public DateTimeOffset LatestCommit { get; private set; }

        public bool IsHeld(TimeSpan now) => Token != 0 && Due > now;

        public void Hold(long token, TimeSpan until) => (Token, Due, Blocked, Mark, LatestCommit) = (token, until, false, Mark.None, default);

        public void LookAgain(DateTimeOffset commit)
        {
            Mark = Mark == Mark.None ? Mark.LookAgain : Mark;
            LatestCommit = commit > LatestCommit ? commit : LatestCommit;
        }

        public void Rest(TimeSpan due, bool blocked) => (Token, Due, Blocked, Mark) = (0, due, blocked, Mark.None);
    }
}
