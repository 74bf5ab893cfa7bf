using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using WaAspire.Tests.Simulation.Provider;
using WaAspire.Tests.Simulation.Time;
using WaAspire.Worker;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Providers.Baileys;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Simulation.Fleet;

/// <summary>
/// One worker as it is shipped: its parts, its loops, its drain. Only the host's part is played here, because the host starts
/// loops on the pool: they are begun and ended in the order in which the host does it.
/// </summary>
internal sealed class SimulatedWorker
{
    private static readonly MethodInfo _execute = typeof(BackgroundService).GetMethod("ExecuteAsync", BindingFlags.NonPublic | BindingFlags.Instance)!;
    private static readonly Type[] _loops =
        [typeof(DirectoryLoop), typeof(OwnershipLoop), typeof(AccountChanges), typeof(AccountLoop), typeof(HeldLaneKeeper), typeof(Adoption), typeof(SweepLoop), typeof(LaneLoop)];

    private static readonly Lazy<ServiceDescriptor[]> _shipped = new(() =>
    [
        .. Parts.Of(builder => builder.AddWorker()),
        .. Parts.Default<AccountOptions>(), .. Parts.Default<OwnershipOptions>(), .. Parts.Default<GatewayOptions>(), .. Parts.Default<SessionKeyOptions>(),
        .. Parts.Default<CloudApiOptions>(options => options.AccessToken = "simulated"), .. Parts.Default<SendingOptions>(), .. Parts.Default<RecoveryOptions>(),
        .. Parts.Default<DeliveryOptions>(), .. Parts.Default<ObservabilityOptions>(),
    ]);

    private readonly ServiceProvider _services;
    private readonly Lifetime _lifetime = new();
    private readonly List<(IHostedService Loop, CancellationTokenSource Stop, Task Running)> _running = [];

    public SimulatedWorker(Scene scene, SimulatedProcess process)
    {
        Process = process;
        var services = Parts.For(scene, process, _shipped.Value);
        services.AddSingleton(new WorkerIdentity(process.Name));
        services.AddSingleton<IHostApplicationLifetime>(_lifetime);
        services.RemoveAll<IProvider>();
        services.AddSingleton<IProvider>(provider => new CloudApiProvider(
            new HttpClient(new WhatsAppLine(scene.WhatsApp, scene.ProviderFaults, scene.Ambush, scene.WhatsAppLine(process))) { Timeout = Timeout.InfiniteTimeSpan },
            provider.GetRequiredService<IOptions<CloudApiOptions>>(),
            provider.GetRequiredService<AccessTokens>(),
            provider.GetRequiredService<IOptions<SendingOptions>>(),
            process.Chance,
            process.Clock));
        services.AddSingleton<IProvider, BaileysProvider>();
        var gateway = new SimulatedGateway(scene, this, scene.GatewayLine(process));
        process.Killed += gateway.Die;
        services.AddSingleton(provider => new GatewayClient(gateway, provider.GetRequiredService<IOptions<GatewayOptions>>(), process.Clock));
        _services = services.BuildServiceProvider();
        Get<GatewayClient>().Attach(1, "simulated");
        Get<InstanceDirectory>().HasGateway = true;
        process.Begin(StartAsync);
    }

    public SimulatedProcess Process { get; }

    public bool IsRunning => Process.IsAlive;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>SIGTERM: as the host does it, the last loop first, and then the process is gone.</summary>
    public void Drain() => Process.Begin(async () =>
    {
        _lifetime.Stop();
        foreach (var (loop, stop, running) in Enumerable.Reverse(_running))
        {
            stop.Cancel();
            await Quietly(running);
            await loop.StopAsync(CancellationToken.None);
        }

        Process.Kill();
    });

    private async Task StartAsync()
    {
        foreach (var type in _loops)
        {
            // The lane loop waits for the first adoption by itself; its way of waiting would come back from the pool.
            if (type == typeof(LaneLoop))
            {
                await Get<Adoption>().FirstPass;
            }

            Begin(type);
        }
    }

    private void Begin(Type type)
    {
        if (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return;
        }

        var stop = new CancellationTokenSource();
        var loop = type == typeof(DirectoryLoop) ? ActivatorUtilities.CreateInstance<DirectoryLoop>(_services) : (IHostedService)_services.GetRequiredService(type);
        _running.Add((loop, stop, (Task)_execute.Invoke(loop, [stop.Token])!));
    }

    private static async Task Quietly(Task running)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // It was told to end.
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => Stop();

        public void Stop() => _stopping.Cancel();
    }
}
