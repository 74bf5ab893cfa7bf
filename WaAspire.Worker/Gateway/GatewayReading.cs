using System.Globalization;
using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
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
    /// <summary>Null when it is no letter, or has no address that we know.</summary>
    public static InboundMessage? Message(JsonElement happened)
    {
        if (happened.Word("kind") != "message" || happened.Word("accountId") is not { } accountId || happened.Word("id") is not { } id || happened.Object("content") is not { } content
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
            IsOwn = happened.IsTrue("fromMe"),
            SyncSource = happened.Word("sync"),
            Sender = (chat.IsGroup || happened.IsTrue("fromMe")) && Addresses(happened, "participant") is [var writer, ..] ? writer : null,
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
        if (happened.Word("id") is not { } id || (happened.Word("kind") != "status" && !isEcho) || IsRefusedSend(happened))
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

    /// <summary>
    /// WhatsApp's refusal of a send, which is no receipt: it does not have the message. The answer to the send itself says so,
    /// and if that was lost, the next attempt is refused as well.
    /// </summary>
    public static bool IsRefusedSend(JsonElement happened) => happened.Word("kind") == "status" && happened.Word("status") == StatusRank.Failed;

    /// <summary><c>{"kind":"lid","accountId":"…","lid":"123@lid","pn":"40712345678@s.whatsapp.net"}</c></summary>
    public static (string AccountId, Jid Hidden, Jid Person)? Link(JsonElement happened) =>
        happened.Word("accountId") is { } accountId && DocumentId.IsLawful(accountId)
        && Jid.TryParse(happened.Word("lid"), out var hidden) && hidden.IsHidden && Jid.TryParse(happened.Word("pn"), out var person) && person.IsPerson
            ? (accountId, hidden, person)
            : null;

    /// <summary><c>{"kind":"restriction","accountId":"…","name":"reachout","active":true,"until":1767225600}</c></summary>
    public static (string AccountId, Restriction Restriction)? Restriction(JsonElement happened) =>
        happened.Word("accountId") is { } accountId && happened.Word("name") is { } name and (Messaging.Accounts.Restriction.Reachout or Messaging.Accounts.Restriction.NewChats)
            ? (accountId, new Restriction(name, happened.IsTrue("active"), happened.Seconds("until"), happened.Word("code")) { Detail = happened.Map("detail") })
            : null;

    /// <summary>The phone number first where it is told, then the hidden address.</summary>
    private static Jid[] Addresses(JsonElement happened, string name) =>
    [
        .. new[] { happened.Word(name), happened.Word(name + "Alt") }
            .Select(text => Jid.TryParse(text, out var jid) ? jid : (Jid?)null).OfType<Jid>()
            .Distinct()
            .OrderBy(jid => jid.IsHidden),
    ];
}
