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

/// <summary>
/// WhatsApp's servers: what they accept is on somebody's phone, whoever heard of it. They have no idempotency key, answer
/// late or never, and tell of everything they accepted by webhook.
/// </summary>
internal sealed class SimulatedWhatsApp(World world, IProviderFaults faults, Sockets sockets, Action<Bubble> accepted)
{
    /// <summary>Meta's code for a recipient that cannot be written to: a refusal for good.</summary>
    public const string Undeliverable = "131026";

    private readonly List<Bubble> _bubbles = [];
    private readonly Dictionary<string, string> _inHand = new(StringComparer.Ordinal);

    /// <summary>In the order in which they appeared.</summary>
    public IReadOnlyList<Bubble> Bubbles => _bubbles;

    /// <summary>Two messages to one phone were on their way at once.</summary>
    public string? Overlap { get; private set; }

    /// <summary>Whether a request of this message may still be accepted.</summary>
    public bool HasInHand(string requestId) => _inHand.ContainsValue(requestId);

    /// <summary>A request has arrived. <paramref name="answer"/> is called once, unless nothing ever comes back.</summary>
    public void Receive(ReadOnlyMemory<byte> body, Action<int, string?> answer)
    {
        using var json = JsonDocument.Parse(body);
        var opaque = json.RootElement.GetProperty("biz_opaque_callback_data").GetString()!;
        var phone = json.RootElement.GetProperty("to").GetString()!;
        var requestId = opaque[..opaque.LastIndexOf(':')];
        if (faults.Refusal() is { } code)
        {
            world.After(faults.Takes(), null, () => Refuse(code, answer));
            return;
        }

        if (_inHand.TryGetValue(phone, out var other) && other != requestId)
        {
            Overlap ??= $"{other[..8]} and {requestId[..8]} were on their way to one phone at once";
        }

        _inHand[phone] = requestId;
        var asked = world.Now;
        world.After(faults.Takes(), null, () => Accept(new Bubble(requestId, opaque, phone, $"wamid.{_bubbles.Count}", world.Now) { Asked = asked }, answer));
    }

    /// <summary>From a linked device, under an id of our making: who has it already shows it once.</summary>
    public void AcceptOwn(string messageId, string jid, TimeSpan asked)
    {
        if (_bubbles.Exists(known => known.MessageId == messageId))
        {
            return;
        }

        var requestId = sockets.RequestOf(messageId) ?? messageId;
        world.Note($"WhatsApp accepts {requestId[..8]} for {jid}");
        var bubble = new Bubble(requestId, requestId, "+" + jid[..jid.IndexOf('@', StringComparison.Ordinal)], messageId, world.Now) { Asked = asked };
        _bubbles.Add(bubble);
        accepted(bubble);
    }

    private void Accept(Bubble bubble, Action<int, string?> answer)
    {
        bubble = bubble with { At = world.Now, MessageId = $"wamid.{_bubbles.Count}" };
        _bubbles.Add(bubble);
        _inHand.Remove(bubble.Phone);
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

    private static void Refuse(int code, Action<int, string?> answer)
    {
        if (code == IProviderFaults.NoWord)
        {
            answer(503, null);
            return;
        }

        answer(GraphErrorCatalog.HttpStatus(code), Error(code));
    }

    private static string Error(int code) => $$$"""{"error":{"message":"simulated","type":"OAuthException","error_data":{"details":"simulated"},"code":{{{code}}}}}""";
}
