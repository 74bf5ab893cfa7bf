using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Pacing;
using WaAspire.Tests.Simulation.Redis;
using WaAspire.Tests.Simulation.Store;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Fleet;

/// <summary>The shipped composition of one process, with clock, chance, store and Redis of the simulation's.</summary>
internal static class Parts
{
    /// <summary>What a host registers, read once for all runs: only the descriptors, which nobody changes.</summary>
    public static ServiceDescriptor[] Of(Action<IHostApplicationBuilder> compose)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddFirestore();
        compose(builder);
        return
        [
            .. builder.Services,
            .. Default<AccountPauseOptions>(), .. Default<InboundOptions>(), .. Default<IntakeOptions>(), .. Default<LaneOptions>(), .. Default<PacingOptions>(),
            ServiceDescriptor.Singleton(new FirestoreOptions { ProjectId = "demo-simulation" }),
        ];
    }

    /// <summary>Options as they are shipped; binding them from nothing for every process would take most of a run's time.</summary>
    public static ServiceDescriptor[] Default<TOptions>(Action<TOptions>? change = null)
        where TOptions : class, new()
    {
        var options = new TOptions();
        change?.Invoke(options);
        return [ServiceDescriptor.Singleton(Options.Create(options))];
    }

    public static ServiceCollection For(Scene scene, SimulatedProcess process, ServiceDescriptor[] shipped)
    {
        var services = new ServiceCollection();
        foreach (var descriptor in shipped)
        {
            ((ICollection<ServiceDescriptor>)services).Add(descriptor);
        }

        services.Replace(ServiceDescriptor.Singleton<TimeProvider>(process.Clock));
        services.Replace(ServiceDescriptor.Singleton(process.Chance));
        services.AddSingleton<IFirestore>(provider => new SimulatedFirestore(scene.Store, provider.GetRequiredService<ServerClock>(), scene.Faults, scene.Ambush, scene.StoreLine(process)));
        services.AddSingleton(SimulatedRedis.Connect(scene.Redis, scene.RedisLine(process)));
        services.AddSingleton<IMeterFactory>(scene.Meters);
        services.AddSingleton(typeof(ILogger<>), typeof(NoteLogger<>));
        services.AddSingleton(new NoteTaker(scene, process.Name));
        return services;
    }
}

/// <summary>Instruments that nobody reads, given back at the end of a run.</summary>
internal sealed class SimulatedMeters : IMeterFactory
{
    private readonly Dictionary<string, Meter> _meters = new(StringComparer.Ordinal);

    public Meter Create(MeterOptions options) => _meters.TryGetValue(options.Name, out var meter) ? meter : _meters[options.Name] = new Meter(options);

    public void Dispose()
    {
        foreach (var meter in _meters.Values)
        {
            meter.Dispose();
        }
    }
}

/// <summary>What a process logs becomes notes of the run. An exception in a log is a bug: outages are named without one.</summary>
internal sealed class NoteTaker(Scene scene, string process)
{
    private const int AssertionViolated = 2203;

    public void Take<TState>(LogLevel level, int id, TState state, Exception? exception, Func<TState, Exception?, string> format)
    {
        if (level >= LogLevel.Warning)
        {
            scene.World.Note($"{process}: {format(state, exception)}");
        }

        if (exception is not null && level >= LogLevel.Error)
        {
            scene.Bugs.Add($"{process}: {format(state, exception)} {exception}");
        }
        else if (id == AssertionViolated && scene.Policy != UnknownOutcomePolicy.Resend)
        {
            // The product's own look at what must never be. Under Resend a second id is what was asked for.
            scene.Bugs.Add($"{process}: {format(state, exception)}");
        }
    }
}

internal sealed class NoteLogger<T>(NoteTaker notes) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        notes.Take(logLevel, eventId.Id, state, exception, formatter);
}
