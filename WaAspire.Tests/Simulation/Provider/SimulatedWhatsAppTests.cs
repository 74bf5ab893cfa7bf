using Microsoft.Extensions.Options;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Providers;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>The simulated WhatsApp keeps the contract of the one that speaks HTTP: the shipped provider cannot tell them apart.</summary>
public sealed class SimulatedWhatsAppTests : WhatsAppContract
{
    private static readonly Account _account = new("account", "cloud_api", "connected", "100000000000001", false);
    private static readonly TimeSpan _aWhile = TimeSpan.FromMilliseconds(100);
    private readonly ChosenProviderFaults _faults = new();
    private readonly Lazy<SimulatedEnds> _ends;

    public SimulatedWhatsAppTests() => _ends = new(() => new SimulatedEnds(_faults));

    protected override Task<SendOutcome> SendAsync(WhatsAppFate fate, string requestId, long attempt)
    {
        _faults.Choose(fate);
        return SendAsync(Message(requestId, attempt));
    }

    protected override Task<SendOutcome> SendAsync(int code, string requestId, long attempt)
    {
        _faults.Refuse(code);
        return SendAsync(Message(requestId, attempt));
    }

    protected override Task<IReadOnlyList<TakenRequest>> TakenAsync(int count)
    {
        Pass(() => _ends.Value.WhatsApp.Bubbles.Count >= count);
        return Task.FromResult<IReadOnlyList<TakenRequest>>(
            [.. _ends.Value.WhatsApp.Bubbles.Select(bubble => new TakenRequest(bubble.MessageId, bubble.Opaque, bubble.Phone.TrimStart('+')))]);
    }

    protected override Task<IReadOnlyList<ToldReceipt>> ReceiptsAsync(int count)
    {
        Pass(() => _ends.Value.Receiver.Taken.Count >= count);
        return Task.FromResult<IReadOnlyList<ToldReceipt>>(_ends.Value.Receiver.Taken);
    }

    protected override void RefuseNextReceipt() => _ends.Value.Receiver.Refuses = 1;

    protected override Task<int> ArrivedAsync()
    {
        Pass(() => _faults.Arrived > 0);
        return Task.FromResult(_faults.Arrived);
    }

    private Task<SendOutcome> SendAsync(ClaimedMessage message)
    {
        Task<SendOutcome>? sending = null;
        _ends.Value.Process.Begin(() => sending = _ends.Value.Provider.SendAsync(_account, message, CancellationToken.None));
        Pass(() => sending?.IsCompleted == true);
        return sending!;
    }

    /// <summary>Time passes up to the fact and hardly further, and an hour at most.</summary>
    private void Pass(Func<bool> isFact)
    {
        var world = _ends.Value.World;
        var last = world.Now + TimeSpan.FromHours(1);
        for (var until = world.Now; !isFact(); until += _aWhile)
        {
            Assert.True(until < last, "it never happens");
            world.Run(until);
        }
    }

    /// <summary>A sender and a receiver of webhooks, and the simulated WhatsApp between them.</summary>
    private sealed class SimulatedEnds
    {
        public SimulatedEnds(ChosenProviderFaults chosen)
        {
            var none = new FaultPlan(1, FaultClass.None);
            Process = new SimulatedProcess(World, "worker", seed: 1);
            Receiver = new(World);
            var webhooks = new Webhooks(World, none, () => Receiver, TimeSpan.FromMinutes(1));
            WhatsApp = new SimulatedWhatsApp(World, chosen, new Sockets(World, Assert.Fail), webhooks.Tell);
            var line = new Line(World, Process, TimeSpan.FromMilliseconds(40));
            var api = new CloudApiOptions { AccessToken = "simulated" };
            Provider = new CloudApiProvider(
                new HttpClient(new WhatsAppLine(WhatsApp, chosen, new Ambush(World, none, _ => { }), line)) { Timeout = Timeout.InfiniteTimeSpan },
                Options.Create(api),
                Tokens.Configured(api),
                Options.Create(new SendingOptions()),
                Process.Chance,
                Process.Clock);
        }

        public World World { get; } = new(seed: 1);

        public SimulatedProcess Process { get; }

        public SimulatedWhatsApp WhatsApp { get; }

        public CloudApiProvider Provider { get; }

        public Receiver Receiver { get; }
    }

    private sealed class Receiver(World world) : IWebhookReceiver
    {
        public List<ToldReceipt> Taken { get; } = [];

        public int Refuses { get; set; }

        public void Receive(IReadOnlyList<ProviderStatus> statuses, Action<bool> answer)
        {
            var isTaken = Refuses-- <= 0;
            if (isTaken)
            {
                Taken.AddRange(statuses.Select(status => new ToldReceipt(status.ProviderMessageId, status.Opaque, status.Status, status.At!.Value)));
            }

            world.After(_aWhile, null, () => answer(isTaken));
        }

        public void Receive(InboundMessage message, Action<bool> answer) => Assert.Fail("nobody has written");
    }
}
