using WaAspire.Messaging.Inbound;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>Where webhooks arrive: told once for each, with whether all of it is stored.</summary>
internal interface IWebhookReceiver
{
    void Receive(IReadOnlyList<ProviderStatus> statuses, Action<bool> answer);

    void Receive(InboundMessage message, Action<bool> answer);
}

/// <summary>One word about one bubble, as it was told and taken.</summary>
internal sealed record Receipt(string RequestId, string MessageId, string Word);

/// <summary>Delivers what WhatsApp tells of each bubble, to any proxy, again and again until one has answered 200.</summary>
internal sealed class Webhooks(World world, FaultPlan faults, Func<IWebhookReceiver?> anyProxy, TimeSpan longest)
{
    private static readonly string[] _words = ["sent", "delivered", "read"];
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly List<Receipt> _told = [];
    private TimeSpan _deadUntil;

    /// <summary>Receipts that nobody has taken yet.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Receipts that somebody has taken.</summary>
    public IReadOnlyList<Receipt> Told => _told;

    public void Cut(TimeSpan duration) => _deadUntil = world.Now + duration;

    public void Mend() => _deadUntil = TimeSpan.Zero;

    /// <summary>A linked device hears of its messages by their ids alone, by another way; both ways end in the same intake.</summary>
    public void Tell(Bubble bubble)
    {
        var after = TimeSpan.FromMilliseconds(300);
        foreach (var word in _words)
        {
            var late = faults.Strikes(FaultClass.LateWebhooks, 0.3) ? faults.Span(FaultClass.LateWebhooks, 1, longest.TotalSeconds) : TimeSpan.Zero;
            var status = new ProviderStatus(bubble.MessageId, word, World.Epoch + world.Now + after, bubble.Opaque.Contains(':', StringComparison.Ordinal) ? bubble.Opaque : null);
            for (var times = faults.Strikes(FaultClass.DuplicateWebhooks, 0.2) ? 2 : 1; times > 0; times--)
            {
                Outstanding++;
                world.After(after + late, null, () => Deliver((proxy, answer) => proxy.Receive([status], answer), () => _told.Add(new Receipt(bubble.RequestId, bubble.MessageId, word))));
            }

            after += TimeSpan.FromSeconds(1);
        }
    }

    /// <summary>Somebody has written to a number of ours.</summary>
    public void Tell(InboundMessage message)
    {
        for (var times = faults.Strikes(FaultClass.DuplicateWebhooks, 0.3) ? 3 : 1; times > 0; times--)
        {
            Outstanding++;
            var late = faults.Strikes(FaultClass.LateWebhooks, 0.3) ? faults.Span(FaultClass.LateWebhooks, 0, longest.TotalSeconds) : TimeSpan.Zero;
            world.After(TimeSpan.FromMilliseconds(200) + late, null, () => Deliver((proxy, answer) => proxy.Receive(message, answer), () => { }));
        }
    }

    private void Deliver(Action<IWebhookReceiver, Action<bool>> give, Action taken)
    {
        if (world.Now < _deadUntil || anyProxy() is not { } proxy)
        {
            Again(give, taken);
            return;
        }

        var isAnswered = false;
        give(proxy, isStored =>
        {
            if (isAnswered)
            {
                return;
            }

            isAnswered = true;
            if (isStored)
            {
                Outstanding--;
                taken();
            }
            else
            {
                Again(give, taken);
            }
        });
        world.After(_patience, null, () =>
        {
            if (!isAnswered)
            {
                isAnswered = true;
                Again(give, taken);
            }
        });
    }

    private void Again(Action<IWebhookReceiver, Action<bool>> give, Action taken) => world.After(TimeSpan.FromSeconds(7), null, () => Deliver(give, taken));
}
