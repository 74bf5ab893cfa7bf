using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Proxy;
using WaAspire.Proxy.Cancel;
using WaAspire.Proxy.Send;
using WaAspire.Tests.Simulation.Provider;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Fleet;

/// <summary>The parts of a proxy that accept messages and take receipts, as they are shipped; HTTP and tokens are left out.</summary>
internal sealed class SimulatedProxy : IWebhookReceiver
{
    private static readonly MethodInfo _execute = typeof(BackgroundService).GetMethod("ExecuteAsync", BindingFlags.NonPublic | BindingFlags.Instance)!;

    private static readonly Lazy<ServiceDescriptor[]> _shipped = new(() =>
    [
        .. Parts.Of(builder => builder.AddInbound()), .. Parts.Default<SendOptions>(),
        ServiceDescriptor.Singleton<ILanes, RedisLanes>(),
        ServiceDescriptor.Singleton(services => new Lazy<ILanes>(services.GetRequiredService<ILanes>)),
        ServiceDescriptor.Singleton<ProxyMetrics, ProxyMetrics>(),
        ServiceDescriptor.Singleton<ThreadPredecessors, ThreadPredecessors>(),
        ServiceDescriptor.Singleton<EnqueueStore, EnqueueStore>(),
        ServiceDescriptor.Singleton<CancelStore, CancelStore>(),
        ServiceDescriptor.Singleton<LaneBell, LaneBell>(),
        ServiceDescriptor.Singleton<ILaneUnblocker>(services => services.GetRequiredService<LaneBell>()),
        ServiceDescriptor.Singleton<IntakeEvidence, IntakeEvidence>(),
    ]);

    private readonly Scene _scene;
    private readonly ServiceProvider _services;

    public SimulatedProxy(Scene scene, SimulatedProcess process)
    {
        (_scene, Process) = (scene, process);
        _services = Parts.For(scene, process, _shipped.Value).BuildServiceProvider();
        foreach (BackgroundService loop in new BackgroundService[] { _services.GetRequiredService<LaneBell>(), _services.GetRequiredService<IntakeEvidence>() })
        {
            process.Begin(() => (Task)_execute.Invoke(loop, [CancellationToken.None])!);
        }
    }

    public SimulatedProcess Process { get; }

    /// <summary>A client's request: <paramref name="answer"/> is called with the request id when the message is accepted, with null for 503.</summary>
    public void Send(SendRequest request, string uid, Action<string?> answer) => Process.Begin(async () =>
    {
        string? accepted = null;
        try
        {
            await KnowTheTimeAsync();
            if (await _services.GetRequiredService<EnqueueStore>().EnqueueAsync(request, new Sender(uid), CancellationToken.None) is EnqueueOutcome.Stored stored)
            {
                accepted = stored.RequestId;
                _services.GetRequiredService<LaneBell>().Ring(new Lane(request.AccountId, request.ThreadId), stored.DueIn, stored.CommittedAt);
            }
        }
        catch (FirestoreException)
        {
            // 503: the same request is welcome again.
        }

        Reply(() => answer(accepted));
    });

    /// <summary>Whoever wrote it takes it back: <paramref name="answer"/> is called with whether it is canceled, with null when nobody knows.</summary>
    public void Cancel(string requestId, string uid, Action<bool?> answer) => Process.Begin(async () =>
    {
        bool? isCanceled = null;
        try
        {
            await KnowTheTimeAsync();
            var outcome = await _services.GetRequiredService<CancelStore>().CancelAsync(requestId, uid, CancellationToken.None);
            if (outcome is CancelOutcome.Canceled canceled)
            {
                _services.GetRequiredService<LaneBell>().Unblock(canceled.Lane);
            }

            isCanceled = outcome is CancelOutcome.Undecided ? null : outcome is CancelOutcome.Canceled;
        }
        catch (FirestoreException)
        {
            // 503: the same request is welcome again.
        }

        Reply(() => answer(isCanceled));
    });

    /// <summary>A webhook request with receipts: answered 200 when everything in it is stored.</summary>
    public void Receive(IReadOnlyList<ProviderStatus> statuses, Action<bool> answer) =>
        Receive(() => _services.GetRequiredService<IStatusIntake>().StoreAsync(statuses, CancellationToken.None), answer);

    /// <summary>One with what somebody wrote.</summary>
    public void Receive(InboundMessage message, Action<bool> answer) =>
        Receive(() => _services.GetRequiredService<InboundProcessor>().StoreAsync([message], CancellationToken.None), answer);

    private void Receive(Func<Task> store, Action<bool> answer) => Process.Begin(async () =>
    {
        var isStored = false;
        try
        {
            await KnowTheTimeAsync();
            await store();
            isStored = true;
        }
        catch (FirestoreException)
        {
            _services.GetRequiredService<IntakeEvidence>().NotWhole();
        }

        Reply(() => answer(isStored));
    });

    /// <summary>The server's time is known before the first request: readiness asks the store.</summary>
    private Task KnowTheTimeAsync() => _services.GetRequiredService<ServerClock>().SinceObservation is null
        ? _services.GetRequiredService<IFirestore>().GetAsync(["accounts/none"], "ready", CancellationToken.None)
        : Task.CompletedTask;

    private void Reply(Action answer) => _scene.World.After(TimeSpan.FromMilliseconds(5), null, answer);
}
