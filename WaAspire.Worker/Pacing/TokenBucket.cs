using WaAspire.Messaging.Pacing;

namespace WaAspire.Worker.Pacing;

/// <summary>One bucket in memory; <see cref="PaceScripts"/> computes the same.</summary>
internal sealed class TokenBucket(BucketSize size, TimeSpan now)
{
    private BucketSize _size = size;
    private double _tokens = size.Capacity;
    private TimeSpan _at = now;

    /// <summary>What it holds stays, as far as there is room.</summary>
    public void Resize(BucketSize size) => _size = size;

    public double At(TimeSpan now, double factor = 1)
    {
        var slowed = _size.Slowed(factor);
        _tokens = Math.Min(slowed.Capacity, _tokens + ((now - _at).TotalMilliseconds * slowed.PerMillisecond));
        _at = now;
        return _tokens;
    }

    public void Add(double tokens) => _tokens = Math.Min(_size.Capacity, _tokens + tokens);

    public void Empty() => _tokens = 0;

    public TimeSpan UntilOne(TimeSpan now, double factor = 1) =>
        TimeSpan.FromMilliseconds(Math.Max(0, (1 - At(now, factor)) / _size.Slowed(factor).PerMillisecond));

    public TimeSpan Step(double factor) => TimeSpan.FromMilliseconds(1 / _size.Slowed(factor).PerMillisecond);

    public bool IsFull(TimeSpan now) => At(now) >= _size.Capacity;
}
