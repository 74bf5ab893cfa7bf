using System.Text.Json;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Time;
using WaAspire.WhatsAppSimulator.CloudApi;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>One bubble on the recipient's phone.</summary>
/// <param name="RequestId">Ours, from what we asked to be given back.</param>
/// <param name="Opaque">As it was given.</param>
/// <param name="Phone">Whose phone.</param>
/// <param name="MessageId">WhatsApp's.</param>
/// <param name="At">When it was accepted.</param>
internal sealed record Bubble(string RequestId, string Opaque, string Phone, string MessageId, TimeSpan At)
{
    /// <summary>When the request for it had come in.</summary>
    public TimeSpan Asked { get; init; } = At;
}

/// <summary>A request that WhatsApp has, up to the first moment at which its answer can be known.</summary>
internal sealed class InHand(string requestId, string phone)
{
    public string RequestId => requestId;

    public string Phone => phone;

    /// <summary>Null while it may still be accepted.</summary>
    public TimeSpan? Until { get; set; }
}

/// <summary>
/// WhatsApp's servers: what they accept is on somebody's phone, whoever heard of it. They have no idempotency key, answer
/// late or never, and tell of everything they accepted by webhook.
/// </summary>
internal sealed class SimulatedWhatsApp(World world, IProviderFaults faults, Sockets sockets, Action<Bubble> accepted)
{
    /// <summary>Meta's code for a recipient that cannot be written to: a refusal for good.</summary>
    public const string Undeliverable = "131026";

    /// <summary>No answer is at its worker sooner than that: half of what the way takes.</summary>
    private static readonly TimeSpan _wayBack = TimeSpan.FromMilliseconds(20);

    private readonly List<Bubble> _bubbles = [];
    private readonly List<(string RequestId, int Code)> _refusals = [];
    private readonly List<InHand> _inHand = [];

    /// <summary>In the order in which they appeared.</summary>
    public IReadOnlyList<Bubble> Bubbles => _bubbles;

    /// <summary>In the order in which it refused them.</summary>
    public IReadOnlyList<(string RequestId, int Code)> Refusals => _refusals;

    /// <summary>Two messages to one phone were on their way at once: the second came before the first could be answered.</summary>
    public string? Overlap { get; private set; }

    /// <summary>Whether a request of this message may still be accepted.</summary>
    public bool HasInHand(string requestId) => _inHand.Exists(taken => taken.RequestId == requestId && taken.Until is null);

    /// <summary>A request has arrived. <paramref name="answer"/> is called once, unless nothing ever comes back.</summary>
    public void Receive(ReadOnlyMemory<byte> body, Action<int, string?> answer)
    {
        using var json = JsonDocument.Parse(body);
        var opaque = json.RootElement.GetProperty("biz_opaque_callback_data").GetString()!;
        var phone = json.RootElement.GetProperty("to").GetString()!;
        var requestId = opaque[..opaque.LastIndexOf(':')];
        var taken = Take(requestId, phone);
        if (faults.Refusal() is { } code)
        {
            world.After(faults.Takes(), null, () => Refuse(taken, code, answer));
            return;
        }

        var asked = world.Now;
        world.After(faults.Takes(), null, () => Accept(taken, new Bubble(requestId, opaque, phone, $"wamid.{_bubbles.Count}", world.Now) { Asked = asked }, answer));
    }

    /// <summary>A linked device hands over a message; what it is handed to ends with <see cref="AcceptOwn"/>.</summary>
    public InHand TakeOwn(string messageId, string jid) => Take(sockets.RequestOf(messageId) ?? messageId, PhoneOf(jid));

    /// <summary>From a linked device, under an id of our making: who has it already shows it once.</summary>
    public void AcceptOwn(InHand taken, string messageId, string jid, TimeSpan asked)
    {
        taken.Until = world.Now;
        if (_bubbles.Exists(known => known.MessageId == messageId))
        {
            return;
        }

        var requestId = sockets.RequestOf(messageId) ?? messageId;
        world.Note($"WhatsApp accepts {requestId[..8]} for {jid}");
        var bubble = new Bubble(requestId, requestId, PhoneOf(jid), messageId, world.Now) { Asked = asked };
        _bubbles.Add(bubble);
        accepted(bubble);
    }

    private InHand Take(string requestId, string phone)
    {
        _inHand.RemoveAll(taken => taken.Until <= world.Now);
        if (_inHand.Find(taken => taken.Phone == phone && taken.RequestId != requestId) is { } other)
        {
            Overlap ??= $"{other.RequestId[..8]} and {requestId[..8]} were on their way to {phone} at once, at {world.Now.TotalSeconds:f3} s";
        }

        var taken = new InHand(requestId, phone);
        _inHand.Add(taken);
        return taken;
    }

    private void Accept(InHand taken, Bubble bubble, Action<int, string?> answer)
    {
        bubble = bubble with { At = world.Now, MessageId = $"wamid.{_bubbles.Count}" };
        _bubbles.Add(bubble);
        taken.Until = world.Now + _wayBack;
        world.Note($"WhatsApp accepts {bubble.Opaque[..8]}{bubble.Opaque[64..]} for {bubble.Phone}");
        accepted(bubble);
        switch (faults.Answers())
        {
            case Answering.Answers:
                answer(200, $$"""{"messaging_product":"whatsapp","messages":[{"id":"{{bubble.MessageId}}"}]}""");
                break;
            case Answering.BadGateway:
                // It was accepted all the same.
                answer(502, "<html>Bad gateway</html>");
                break;
        }
    }

    private void Refuse(InHand taken, int code, Action<int, string?> answer)
    {
        taken.Until = world.Now + _wayBack;
        _refusals.Add((taken.RequestId, code));
        if (code == IProviderFaults.NoWord)
        {
            answer(503, null);
            return;
        }

        answer(GraphErrorCatalog.HttpStatus(code), Error(code));
    }

    private static string PhoneOf(string jid) => "+" + jid[..jid.IndexOf('@', StringComparison.Ordinal)];

    private static string Error(int code) => $$$"""{"error":{"message":"simulated","type":"OAuthException","error_data":{"details":"simulated"},"code":{{{code}}}}}""";
}
