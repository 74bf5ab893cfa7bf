using System.Text.Json.Nodes;
using WaAspire.Tests.Providers;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>The simulated gateway keeps the contract of the one with sockets, behind a worker that runs as it is shipped.</summary>
public sealed class SimulatedGatewayTests : GatewayContract, IDisposable
{
    private const string Linked = "linked";
    private static readonly TimeSpan _aWhile = TimeSpan.FromMilliseconds(100);
    private readonly ChosenProviderFaults _faults = new();
    private Scene _scene = null!;
    private TimeSpan _until;

    protected override string AccountId => Linked;

    protected override long Epoch => Worker.Get<OwnedAccounts>().Find(Linked)!.Term.Epoch;

    protected override long InAMinute => (Worker.Process.Clock.GetUtcNow() + TimeSpan.FromMinutes(1)).ToUnixTimeMilliseconds();

    private SimulatedWorker Worker => _scene.Workers[0];

    public void Dispose() => _scene?.Dispose();

    protected override Task ConnectAsync()
    {
        _scene = new Scene(seed: 1, FaultClass.None, keepsAllNotes: false, _faults);
        _scene.Write([Scene.LinkedAccount(Linked)]);
        _scene.StartWorker();
        Pass(() => Worker.Get<OwnedAccounts>().MaySend(Linked));
        return Task.CompletedTask;
    }

    protected override Task LoseNextAnswerAsync()
    {
        _faults.Linked.Enqueue(Break.AfterArrival);
        return Task.CompletedTask;
    }

    protected override Task<IReadOnlyList<string>> BubblesAsync() =>
        Task.FromResult<IReadOnlyList<string>>([.. _scene.WhatsApp.Bubbles.Select(bubble => bubble.MessageId)]);

    protected override Task WaitAsync()
    {
        var from = _scene.World.Now;
        Pass(() => _scene.World.Now > from);
        return Task.CompletedTask;
    }

    protected override Task<GatewayReply> PostAsync(string command, JsonObject body, TimeSpan limit)
    {
        Task<GatewayReply>? reply = null;
        Worker.Process.Begin(() => reply = Worker.Get<GatewayClient>().PostAsync(command, body, limit, CancellationToken.None));
        Pass(() => reply?.IsCompleted == true);
        Assert.Empty(_scene.Bugs);
        return reply!;
    }

    /// <summary>Time passes up to the fact and hardly further, and an hour at most.</summary>
    private void Pass(Func<bool> isFact)
    {
        for (var last = _until + TimeSpan.FromHours(1); !isFact(); _until += _aWhile)
        {
            Assert.True(_until < last, "it never happens");
            _scene.World.Run(_until);
        }
    }
}
