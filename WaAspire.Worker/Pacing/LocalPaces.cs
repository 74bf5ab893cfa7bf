using WaAspire.Messaging.Pacing;

namespace WaAspire.Worker.Pacing;

/// <summary>One number in memory: its bucket, its lowered rate, its gap and its day, its row of outages.</summary>
internal sealed class AccountPace(BucketSize size, TimeSpan now)
{
    private static readonly TimeSpan _sameRefusal = TimeSpan.FromSeconds(1);
    private const double LeastFactor = 0.1;

    private readonly TokenBucket _bucket = new(size, now);
    private double _slow = 1;
    private TimeSpan? _slowAt;
    private TimeSpan _turn;
    private TimeSpan _next;
    private DateOnly _day;
    private int _sent;

    public long Down { get; set; }

    public TimeSpan ProbeTaken { get; set; }

    public void Resize(BucketSize size) => _bucket.Resize(size);

    public int Free(TimeSpan now, TimeSpan recovery, SendGap gap, DateTimeOffset wall)
    {
        var tokens = (int)Math.Floor(_bucket.At(now, Factor(now, recovery)));
        return !gap.Exists ? tokens : _next > now || (gap.DailyCap > 0 && SentOn(wall) >= gap.DailyCap) ? 0 : Math.Min(1, tokens);
    }

    /// <summary>When the next of those who are turned away should come again: one after the other, at the pace of the account.</summary>
    public TimeSpan NextTurn(TimeSpan now, TimeSpan recovery, SendGap gap, DateTimeOffset wall)
    {
        var factor = Factor(now, recovery);
        var free = now + _bucket.UntilOne(now, factor);
        free = free > _next ? free : _next;
        if (gap.DailyCap > 0 && SentOn(wall) >= gap.DailyCap)
        {
            free = now + (wall.UtcDateTime.Date.AddDays(1) - wall.UtcDateTime);
        }

        var step = _bucket.Step(factor);
        var after = _turn + (step > gap.Least ? step : gap.Least);
        _turn = _turn > TimeSpan.Zero && after > free ? after : free;
        return _turn - now;
    }

    public void Take(int count, TimeSpan now, SendGap gap, double chance, DateTimeOffset wall)
    {
        _bucket.Add(-count);
        if (gap.Exists)
        {
            _sent = SentOn(wall) + count;
            _next = now + gap.Next(chance);
        }
    }

    public void GiveBack(int count, SendGap gap)
    {
        _bucket.Add(count);
        if (gap.Exists && count > 0)
        {
            _sent = Math.Max(0, _sent - count);
            _next = TimeSpan.Zero;
        }
    }

    public void Slow(TimeSpan now, TimeSpan recovery)
    {
        if (_slowAt is not { } at || now - at > _sameRefusal)
        {
            (_slow, _slowAt) = (Math.Max(LeastFactor, Factor(now, recovery) / 2), now);
        }

        _bucket.Empty();
    }

    public bool IsAtRest(TimeSpan now, TimeSpan recovery, DateTimeOffset wall) =>
        _bucket.IsFull(now) && Down == 0 && _next <= now && SentOn(wall) == 0 && Factor(now, recovery) >= 1;

    private double Factor(TimeSpan now, TimeSpan recovery) =>
        _slowAt is { } at ? Math.Min(1, _slow + ((1 - _slow) * ((now - at) / recovery))) : 1;

    private int SentOn(DateTimeOffset wall)
    {
        var day = DateOnly.FromDateTime(wall.UtcDateTime);
        if (day != _day)
        {
            (_day, _sent) = (day, 0);
        }

        return _sent;
    }
}

/// <summary>One recipient of a number in memory: its bucket and its rest.</summary>
internal sealed class PairPace(BucketSize size, TimeSpan now)
{
    private const double RestGrows = 4;
    private TimeSpan _until;
    private int _refused;

    public TokenBucket Bucket { get; } = new(size, now);

    public int Free(TimeSpan now) => _until > now ? 0 : (int)Math.Floor(Bucket.At(now));

    public TimeSpan Wait(TimeSpan now)
    {
        var earned = Bucket.UntilOne(now);
        return _until - now > earned ? _until - now : earned;
    }

    public TimeSpan Refuse(TimeSpan now, TimeSpan first, int steps)
    {
        var rest = first * Math.Pow(RestGrows, Math.Min(_refused++, steps));
        _until = now + rest;
        return rest;
    }

    public void Accept() => (_refused, _until) = (0, TimeSpan.Zero);

    public bool IsAtRest(TimeSpan now) => _until <= now && Bucket.IsFull(now);
}
