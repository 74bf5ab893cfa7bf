using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.Fleet;

namespace WaAspire.Tests.Simulation;

/// <summary>One message as its client knows it.</summary>
internal sealed record Sending(SendRequest Request, string RequestId, string Phone)
{
    public TimeSpan? Asked { get; set; }

    /// <summary>When the answer came that it is accepted; null while none has.</summary>
    public TimeSpan? Accepted { get; set; }

    /// <summary>The words that its client has seen, each time another one.</summary>
    public List<string> Seen { get; } = [];

    public override string ToString() => $"{RequestId[..8]} to {Phone}";
}

/// <summary>People who write: each asks again with the same id until the message is accepted, and some do not wait for that before the next.</summary>
internal sealed class Clients
{
    private const string Uid = "uid";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);
    private readonly Scene _scene;
    private readonly Random _chance;
    private readonly List<Sending> _sendings = [];

    public Clients(Scene scene, int seed)
    {
        (_scene, _chance) = (scene, new Random(unchecked(seed * 104729)));
        for (var account = 0; account < 2; account++)
        {
            scene.Write([scene.Account($"account-{account}")]);
            for (var thread = _chance.Next(1, 4); thread > 0; thread--)
            {
                BeginThread($"account-{account}", $"4070000{account}{thread:d3}");
            }
        }

        if (_chance.Next(2) == 0)
        {
            scene.Write([Scene.LinkedAccount("linked")]);
            BeginThread("linked", "40700009001");
        }
    }

    public IReadOnlyList<Sending> Sendings => _sendings;

    public bool AreDone => _sendings.TrueForAll(sending => sending.Accepted is not null);

    private void BeginThread(string account, string phone)
    {
        var jid = $"{phone}@s.whatsapp.net";
        _scene.Write([Scene.Thread(account, jid)]);
        Assert.True(Jid.TryParse(jid, out var to));
        var thread = $"{account}__{jid}";
        var messages = Enumerable.Range(0, _chance.Next(3, 10)).Select(i => new Sending(
            new SendRequest(thread, account, to, MessageContent.OfText($"{phone} {i}"), $"client-{phone}-{i}"), RequestId.Of(thread, Uid, $"client-{phone}-{i}"), "+" + phone)).ToList();
        _sendings.AddRange(messages);
        messages.ForEach(sending => _scene.Sockets.Know(TransportMessageId.Of(sending.RequestId), sending.RequestId));
        var waits = _chance.Next(3) > 0;
        _scene.World.After(TimeSpan.FromSeconds(_chance.NextDouble() * 20), null, () => Next(messages, 0, waits));
    }

    private void Next(List<Sending> messages, int index, bool waits)
    {
        if (index == messages.Count)
        {
            return;
        }

        void GoOn() => _scene.World.After(Gap(), null, () => Next(messages, index + 1, waits));
        messages[index].Asked = _scene.World.Now;
        Ask(messages[index], waits ? GoOn : () => { });
        if (!waits)
        {
            GoOn();
        }
    }

    private void Ask(Sending sending, Action then)
    {
        var isAnswered = false;
        void Again(double after)
        {
            isAnswered = true;
            _scene.World.After(TimeSpan.FromSeconds(after * (0.5 + _chance.NextDouble())), null, () => Ask(sending, then));
        }

        if (_scene.AnyProxy() is not { } proxy)
        {
            Again(3);
            return;
        }

        proxy.Send(sending.Request, Uid, requestId =>
        {
            if (isAnswered)
            {
                return;
            }

            if (requestId is null)
            {
                Again(3);
                return;
            }

            isAnswered = true;
            Assert.Equal(sending.RequestId, requestId);
            sending.Accepted = _scene.World.Now;
            _scene.World.Note($"{sending} is accepted");
            then();
        });
        _scene.World.After(_patience, null, () =>
        {
            if (!isAnswered)
            {
                Again(1);
            }
        });
    }

    /// <summary>Mostly in quick succession, now and then after a while.</summary>
    private TimeSpan Gap() => TimeSpan.FromSeconds(_chance.Next(4) == 0 ? 5 + (20 * _chance.NextDouble()) : 2 * _chance.NextDouble());
}
