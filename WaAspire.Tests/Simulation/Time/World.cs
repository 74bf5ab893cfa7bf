using System.Globalization;

namespace WaAspire.Tests.Simulation.Time;

/// <summary>
/// One thread that owns time and chance. Whatever happens anywhere in a run is a step here: a continuation, a timer, a
/// packet that arrives. Of all steps that may come next the seed picks one; when none may, the clock goes on to the next
/// that is due. So one seed is one history, whatever the machine does meanwhile.
/// </summary>
internal sealed class World(int seed)
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private const int NotesKept = 400;

    private readonly PriorityQueue<Step, (long At, long Number)> _later = new();
    private readonly List<Step> _ready = [];
    private readonly Queue<string> _notes = new();
    private readonly Random _order = new(seed);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private ulong _hash = 14695981039346656037;
    private long _number;
    private bool _isOver;

    public TimeSpan Now { get; private set; }

    public DateTimeOffset Time => Epoch + Now;

    public long Steps { get; private set; }

    public int Processes { get; set; }

    /// <summary>Where a continuation was that left the one thread; null while none has.</summary>
    public string? Escaped { get; private set; }

    /// <summary>All notes of the run, when somebody wants to read them; otherwise the last few.</summary>
    public bool KeepsAllNotes { get; init; }

    /// <summary>A number that two runs share only if every step of them was the same.</summary>
    public string Fingerprint => _hash.ToString("x16", CultureInfo.InvariantCulture);

    public IReadOnlyCollection<string> Notes => _notes;

    /// <summary>Something that a reader of a failed run wants to know. It is part of the fingerprint.</summary>
    public void Note(string text)
    {
        Mix(text);
        _notes.Enqueue($"{Now.TotalSeconds,9:f3}s {text}");
        if (!KeepsAllNotes && _notes.Count > NotesKept)
        {
            _notes.Dequeue();
        }
    }

    /// <summary>A step of <paramref name="owner"/>, or of the world around the processes, after a while.</summary>
    public void After(TimeSpan delay, SimulatedProcess? owner, Action action)
    {
        if (!IsOnThread(action))
        {
            throw new InvalidOperationException(Escaped);
        }

        var at = Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        _later.Enqueue(new Step(owner, action, null, null), (at.Ticks, _number++));
    }

    /// <summary>The rest of a method of this process: may come next.</summary>
    public void Post(SimulatedProcess owner, SendOrPostCallback callback, object? state)
    {
        if (!IsOnThread(callback))
        {
            // Thrown there, it would end the whole process; the run ends by itself.
            return;
        }

        _ready.Add(new Step(owner, null, callback, state));
    }

    public void End() => _isOver = true;

    /// <summary>Until <see cref="End"/>, or until the clock would pass <paramref name="limit"/>: then false.</summary>
    public bool Run(TimeSpan limit)
    {
        var before = SynchronizationContext.Current;
        try
        {
            while (!_isOver && Escaped is null)
            {
                if (_ready.Count == 0)
                {
                    if (!_later.TryPeek(out var next, out var place) || place.At > limit.Ticks)
                    {
                        return false;
                    }

                    _later.Dequeue();
                    Now = TimeSpan.FromTicks(Math.Max(place.At, Now.Ticks));
                    _ready.Add(next);
                }

                Take(PickReady());
            }

            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private bool IsOnThread(Delegate step)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        Escaped ??= $"{step.Method.DeclaringType}.{step.Method.Name} came from another thread{Environment.NewLine}{new System.Diagnostics.StackTrace(2)}";
        return false;
    }

    private Step PickReady()
    {
        var index = _ready.Count == 1 ? 0 : _order.Next(_ready.Count);
        var step = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        return step;
    }

    private void Take(Step step)
    {
        if (step.Owner is { IsAlive: false })
        {
            return;
        }

        if (step.Owner is { IsFrozen: true } frozen)
        {
            frozen.Hold(() => _ready.Add(step));
            return;
        }

        Steps++;
        Mix(Now.Ticks);
        Mix(step.Owner?.Number ?? -1);

        // What comes from outside completes tasks without a context, so that libraries that ask for none go on in this very
        // step instead of on the pool, and our own code is posted back here.
        SynchronizationContext.SetSynchronizationContext(step.Callback is null ? null : step.Owner);
        if (step.Callback is { } callback)
        {
            callback(step.State);
        }
        else
        {
            step.Action!();
        }
    }

    private void Mix(long value)
    {
        for (var i = 0; i < 64; i += 16)
        {
            _hash = (_hash ^ (ulong)((value >> i) & 0xffff)) * 1099511628211;
        }
    }

    private void Mix(string text)
    {
        foreach (var letter in text)
        {
            _hash = (_hash ^ letter) * 1099511628211;
        }
    }

    private readonly record struct Step(SimulatedProcess? Owner, Action? Action, SendOrPostCallback? Callback, object? State);
}
