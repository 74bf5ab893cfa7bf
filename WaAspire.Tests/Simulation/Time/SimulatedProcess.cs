namespace WaAspire.Tests.Simulation.Time;

/// <summary>
/// What a process is to the code in it: a context that its continuations come back to, a clock that may be wrong, and
/// chance. It can be killed at any step, which is all that is left of it; or stand still for a while and not know.
/// </summary>
internal sealed class SimulatedProcess : SynchronizationContext
{
    private static readonly TimeSpan _aMoment = TimeSpan.FromMilliseconds(50);

    private readonly World _world;
    private readonly List<Action> _held = [];
    private int _sleeps;

    public SimulatedProcess(World world, string name, int seed, TimeSpan wallSkew = default, double drift = 0)
    {
        (_world, Name, Number) = (world, name, ++world.Processes);
        Chance = new Random(HashCodeOf(seed, Number));
        Clock = new SimulatedClock(world, this, wallSkew, drift);
    }

    public string Name { get; }

    public int Number { get; }

    public Random Chance { get; }

    public SimulatedClock Clock { get; }

    public bool IsAlive { get; private set; } = true;

    public bool IsFrozen { get; private set; }

    /// <summary>
    /// Requests that were found trusted and have not left yet. The protocol takes it that no process stands still just there
    /// for minutes; nothing that it could do would help.
    /// </summary>
    public int IsBetweenCheckAndSend { get; set; }

    /// <summary>It is gone; what leaned on it notices.</summary>
    public event Action? Killed;

    public override SynchronizationContext CreateCopy() => this;

    public override void Post(SendOrPostCallback d, object? state) => _world.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <summary>Begins something in this process, as a step of its own.</summary>
    public void Begin(Func<Task> work) => _world.Post(this, _ => Watch(work()), null);

    /// <summary><c>kill -9</c>: none of its steps comes any more. What it has sent is on its way.</summary>
    public void Kill()
    {
        if (!IsAlive)
        {
            return;
        }

        IsAlive = false;
        _held.Clear();
        Killed?.Invoke();
    }

    /// <summary>SIGSTOP, a long pause of the collector, a suspended machine: time goes on without it.</summary>
    public void Freeze(TimeSpan duration)
    {
        if (IsFrozen)
        {
            return;
        }

        if (IsBetweenCheckAndSend > 0)
        {
            _world.After(_aMoment, null, () => Freeze(duration));
            return;
        }

        IsFrozen = true;
        var sleep = ++_sleeps;
        _world.After(duration, null, () =>
        {
            // Somebody else may have woken it since, and another sleep begun.
            if (sleep == _sleeps)
            {
                Thaw();
            }
        });
    }

    public void Thaw()
    {
        IsFrozen = false;
        foreach (var step in _held)
        {
            step();
        }

        _held.Clear();
    }

    internal void Hold(Action resume) => _held.Add(resume);

    private static int HashCodeOf(int seed, int number) => unchecked((seed * 486187739) + (number * 16777619));

    /// <summary>A method that was begun and fails is a bug of the simulation or of what it runs.</summary>
    private async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // It was told to end.
        }
        catch (Exception exception)
        {
            _world.Note($"BUG {Name}: {exception}");
            Failure ??= exception;
        }
    }

    public Exception? Failure { get; private set; }
}
