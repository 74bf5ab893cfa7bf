using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Faults;

/// <summary>The way from one process to one service: how long it takes, and whether it is cut.</summary>
internal sealed class Line(World world, SimulatedProcess process, TimeSpan typical)
{
    private TimeSpan _cutUntil;

    public World World => world;

    public SimulatedProcess Process => process;

    public bool IsCut => world.Now < _cutUntil;

    public void Cut(TimeSpan duration) => _cutUntil = world.Now + duration > _cutUntil ? world.Now + duration : _cutUntil;

    public void Mend() => _cutUntil = TimeSpan.Zero;

    /// <summary>One way, with the spread that networks have.</summary>
    public TimeSpan Latency() => typical * (0.5 + process.Chance.NextDouble());

    /// <summary>Something arrives at the service.</summary>
    public void There(TimeSpan after, Action action) => world.After(after, null, action);

    /// <summary>Something arrives at the process.</summary>
    public void Back(TimeSpan after, Action action) => world.After(after, process, action);
}
