using System.Globalization;
using System.Text.Json;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>
/// The published shape and limits of each kind of message: a new kind is a new row. What a message's own JSON shows to be
/// impossible is refused here, with its field, instead of failing at WhatsApp after the client was told that it is queued.
/// https://developers.facebook.com/docs/whatsapp/cloud-api/messages/send-messages
/// </summary>
internal static class PayloadRules
{
    public const string Path = "payload";

    // One picture on the phone, whatever the number of characters that make it.
    private static readonly Shape _emoji = new TextShape(64, Min: 0)
    {
        Also = (text => text.Length == 0 || (new StringInfo(text).LengthInTextElements == 1 && text.Any(c => !char.IsAscii(c))), "must be one emoji, or empty to remove it"),
    };

    private static readonly TaggedShape _message = new(
        "type",
        Kind(MessageKinds.Text, new ObjectShape(new Field("body", CommonShapes.Text), new("preview_url", new FlagShape(), false))),
        Kind(MessageKinds.Image, CommonShapes.Media(new Field("caption", CommonShapes.Caption, false))),
        Kind(MessageKinds.Video, CommonShapes.Media(new Field("caption", CommonShapes.Caption, false))),
        Kind(MessageKinds.Audio, CommonShapes.Media(new Field("voice", new FlagShape(), false))),
        Kind(MessageKinds.Document, CommonShapes.Media(new("caption", CommonShapes.Caption, false), new("filename", CommonShapes.FileName, false))),
        Kind(MessageKinds.Sticker, CommonShapes.Media()),
        Kind(MessageKinds.Location, CommonShapes.Location),
        Kind(MessageKinds.Contacts, ContactShapes.Contacts),
        Kind(MessageKinds.Reaction, new ObjectShape(new Field("message_id", CommonShapes.Id), new("emoji", _emoji)), mayReply: false),
        Kind(MessageKinds.Interactive, InteractiveShapes.Interactive),
        Kind(MessageKinds.Template, TemplateShapes.Template));

    /// <summary>A sentence with the field's name, or null. Both forms: Meta's has a <c>type</c>, the contract's has a media field.</summary>
    public static string? Problem(JsonElement payload) =>
        payload.ValueKind == JsonValueKind.Object && !ObjectShape.Has(payload, "type") && ContractMedia.Names.Any(name => ObjectShape.Has(payload, name))
            ? ContractMedia.Problem(payload)
            : _message.Problem(payload, Path);

    private static (string, Shape) Kind(string type, Shape content, bool mayReply = true)
    {
        List<Field> fields = [CommonShapes.Type, new(type, content), new("recipient_type", new TextShape(16, OneOf: "individual"), false), new(MessagePayload.IdentityKeyHash, CommonShapes.Id, false)];
        if (mayReply)
            fields.Add(new(MessagePayload.Context, new ObjectShape(new Field("message_id", CommonShapes.Id)), false));
        return (type, new ObjectShape([.. fields]));
    }
}
