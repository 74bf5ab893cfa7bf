using System.Globalization;
using System.Text.Json;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// One event of the gateway in our words: <c>{"kind":"message","accountId":"…","id":"3EB0…","remoteJid":"123@lid",
/// "remoteJidAlt":"40712345678@s.whatsapp.net","fromMe":false,"timestamp":1767225600,"content":{"type":"text",…}}</c>.
/// A person comes with a hidden address, a phone number, or both in either order; a group's writer as participant.
/// </summary>
internal static class GatewayReading
{
    /// <summary>Null when it is no letter to us, or has no address that we know.</summary>
    public static InboundMessage? Message(JsonElement happened)
    {
        if (happened.Word("accountId") is not { } accountId || happened.Word("id") is not { } id || happened.Object("content") is not { } content
            || Addresses(happened, "remoteJid") is not [var chat, .. var aliases])
        {
            return null;
        }

        var read = MessageContent.Read(content, content.Word("type") ?? "unknown") with
        {
            AccountId = accountId,
            ProviderMessageId = id,
            Chat = chat,
            Aliases = chat.IsGroup ? [] : aliases,
            Sender = chat.IsGroup && Addresses(happened, "participant") is [var writer, ..] ? writer : null,
            SenderName = happened.Word("pushName"),
            At = happened.Seconds("timestamp"),
            Raw = happened.Raw(),
        };
        if (content.Object("context") is { } context)
        {
            read.Details["context"] = JsonReading.Value(context);
        }

        return read;
    }

    /// <summary>A receipt, or our own message come back: both prove that WhatsApp has it. Null for a letter.</summary>
    public static ProviderStatus? Status(JsonElement happened)
    {
        var isEcho = happened.IsTrue("fromMe");
        if (happened.Word("id") is not { } id || (happened.Word("kind") != "status" && !isEcho))
        {
            return null;
        }

        var code = int.TryParse(happened.Word("code"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (int?)null;
        return new ProviderStatus(id, isEcho ? StatusRank.Sent : happened.Word("status") ?? "", happened.Seconds("timestamp"), Opaque: null, code)
        {
            Participant = Addresses(happened, "participant") is [var reader, ..] ? reader.Value : null,
            Raw = happened.Raw(),
        };
    }

    /// <summary>The phone number first where it is told, then the hidden address.</summary>
    private static Jid[] Addresses(JsonElement happened, string name) =>
    [
        .. new[] { happened.Word(name), happened.Word(name + "Alt") }
            .Select(text => Jid.TryParse(text, out var jid) ? jid : (Jid?)null).OfType<Jid>()
            .Distinct()
            .OrderBy(jid => jid.IsHidden),
    ];
}
