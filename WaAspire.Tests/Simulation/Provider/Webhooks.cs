using WaAspire.Messaging.Inbound;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>Delivers what WhatsApp tells of each bubble, to any proxy, again and again until one has answered 200.</summary>
internal sealed class Webhooks(World world, FaultPlan faults, Func<SimulatedProxy?> anyProxy, TimeSpan longest)
{
    private static readonly string[] _words = ["sent", "delivered", "read"];
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private TimeSpan _deadUntil;

    /// <summary>Receipts that nobody has taken yet.</summary>
    public int Outstanding { get; private set; }

    public void Cut(TimeSpan duration) => _deadUntil = world.Now + duration;

    public void Mend() => _deadUntil = TimeSpan.Zero;

    public void Tell(Bubble bubble)
    {
        var after = TimeSpan.FromMilliseconds(300);
        foreach (var word in _words)
        {
            var late = faults.Strikes(FaultClass.LateWebhooks, 0.3) ? faults.Span(FaultClass.LateWebhooks, 1, longest.TotalSeconds) : TimeSpan.Zero;
            var status = new ProviderStatus(bubble.MessageId, word, World.Epoch + world.Now, bubble.Opaque);
            for (var times = faults.Strikes(FaultClass.DuplicateWebhooks, 0.2) ? 2 : 1; times > 0; times--)
            {
                Outstanding++;
                world.After(after + late, null, () => Deliver(status));
            }

            after += TimeSpan.FromSeconds(1);
        }
    }

    private void Deliver(ProviderStatus status)
    {
        if (world.Now < _deadUntil || anyProxy() is not { } proxy)
        {
            Again(status);
            return;
        }

        var isAnswered = false;
        proxy.Receive([status], isStored =>
        {
            if (isAnswered)
            {
                return;
            }

            isAnswered = true;
            if (isStored)
            {
                Outstanding--;
            }
            else
            {
                Again(status);
            }
        });
        world.After(_patience, null, () =>
        {
            if (!isAnswered)
            {
                isAnswered = true;
                Again(status);
            }
        });
    }

    private void Again(ProviderStatus status) => world.After(TimeSpan.FromSeconds(7), null, () => Deliver(status));
}
