using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.People;

/// <summary>
/// People who write: each asks again with the same id until the message is accepted, and some do not wait for that before the
/// next. Some messages are for later, some are worth nothing after a while, some are taken back.
/// </summary>
internal sealed class Clients
{
    /// <summary>The account that is paired by a code, where there is one.</summary>
    public const string Linked = "linked";

    private const string Uid = "uid";
    private const int CancelsAtMost = 6;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);
    private readonly Scene _scene;
    private readonly Random _chance;
    private readonly List<ClientMessage> _sendings = [];
    private int _canceling;

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
            scene.Write([Scene.LinkedAccount(Linked)]);
            BeginThread(Linked, "40700009001");
        }
    }

    public IReadOnlyList<ClientMessage> Sendings => _sendings;

    public bool HaveLinked => _sendings.Exists(sending => sending.Request.AccountId == Linked);

    public bool AreDone => _canceling == 0 && _sendings.TrueForAll(sending => sending.Accepted is not null || sending.IsGivenUp);

    public ClientMessage? Find(string requestId) => _sendings.Find(sending => sending.RequestId == requestId);

    private void BeginThread(string account, string phone)
    {
        var jid = $"{phone}@s.whatsapp.net";
        _scene.Write([Scene.Thread(account, jid)]);
        Assert.True(Jid.TryParse(jid, out var to));
        var thread = $"{account}__{jid}";
        _sendings.AddRange(OldSystem.Leave(_scene, _chance, thread, account, to));
        var messages = Enumerable.Range(0, _chance.Next(3, 10)).Select(i => new ClientMessage(RequestId.Of(thread, Uid, $"client-{phone}-{i}"), "+" + phone)
        {
            Request = new SendRequest(thread, account, to, MessageContent.OfText($"{phone} {i}"), $"client-{phone}-{i}"),
        }).ToList();
        _sendings.AddRange(messages);
        messages.ForEach(sending => _scene.Sockets.Know(TransportMessageId.Of(sending.RequestId), sending.RequestId));
        var waits = _chance.Next(3) > 0;
        _scene.World.After(TimeSpan.FromSeconds(_chance.NextDouble() * 20), null, () => Next(messages, 0, waits));
        Contact.Begin(_scene, _chance, account, thread, to);
    }

    private void Next(List<ClientMessage> messages, int index, bool waits)
    {
        if (index == messages.Count)
        {
            return;
        }

        void GoOn() => _scene.World.After(Gap(), null, () => Next(messages, index + 1, waits));
        messages[index].Asked = _scene.World.Now;
        messages[index].Request = messages[index].Request with { Times = DrawTimes() };
        Ask(messages[index], waits ? GoOn : () => { });
        if (!waits)
        {
            GoOn();
        }
    }

    private void Ask(ClientMessage sending, Action then)
    {
        var isAnswered = false;
        void Again(double after)
        {
            isAnswered = true;
            _scene.World.After(TimeSpan.FromSeconds(after * (0.5 + _chance.NextDouble())), null, () => Ask(sending, then));
        }

        if (sending.ExpiresAt < _scene.World.Now)
        {
            sending.IsGivenUp = true;
            then();
            return;
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
            if (_chance.Next(10) == 0)
            {
                _canceling++;
                sending.IsCancelAsked = true;
                _scene.World.After(TimeSpan.FromSeconds(15 * _chance.NextDouble() * _chance.NextDouble()), null, () => Cancel(sending, CancelsAtMost));
            }

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

    /// <summary>Asks until somebody knows, within reason.</summary>
    private void Cancel(ClientMessage sending, int times)
    {
        var isAnswered = false;
        void Answered(bool? isCanceled)
        {
            if (isAnswered)
            {
                return;
            }

            isAnswered = true;
            if (isCanceled is null && times > 1)
            {
                _scene.World.After(TimeSpan.FromSeconds(3), null, () => Cancel(sending, times - 1));
                return;
            }

            _canceling--;
            if (isCanceled is true)
            {
                sending.IsCanceled = true;
                _scene.World.Note($"{sending} is taken back");
            }
        }

        if (_scene.AnyProxy() is { } proxy)
        {
            proxy.Cancel(sending.RequestId, Uid, Answered);
        }

        _scene.World.After(_patience, null, () => Answered(null));
    }

    /// <summary>Mostly at once; in whole milliseconds, as the API has it.</summary>
    private SendTimes DrawTimes()
    {
        var now = World.Epoch.AddMilliseconds(Math.Ceiling(_scene.World.Now.TotalMilliseconds));
        var (kind, at, until) = (_chance.Next(12), now.AddMilliseconds(_chance.Next(200, 40_000)), now.AddMilliseconds(_chance.Next(2_000, 40_000)));
        return kind switch
        {
            0 => new SendTimes(at, null),
            1 => new SendTimes(null, until),
            2 => new SendTimes(at, at + (until - now)),
            _ => SendTimes.AtOnce,
        };
    }

    /// <summary>Mostly in quick succession, now and then after a while.</summary>
    private TimeSpan Gap() => TimeSpan.FromSeconds(_chance.Next(4) == 0 ? 5 + (20 * _chance.NextDouble()) : 2 * _chance.NextDouble());
}
