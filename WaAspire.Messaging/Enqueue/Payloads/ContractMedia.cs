using System.Text.Json;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>
/// Media as shipped clients send it: <c>{"image":{"url":"https://…"},"mimetype":"image/png","fileName":"a.png","caption":"Hi"}</c>.
/// </summary>
internal static class ContractMedia
{
    public static readonly string[] Names = [MessageKinds.Image, MessageKinds.Document, MessageKinds.Video, MessageKinds.Audio];

    private static readonly Shape _url = new ObjectShape(new Field("url", CommonShapes.Link));

    private static readonly Shape _shape = new ObjectShape(
        [
            .. Names.Select(name => new Field(name, _url, false)),
            new("mimetype", new TextShape(255), false),
            new("fileName", CommonShapes.FileName, false),
            new("filename", CommonShapes.FileName, false),
            new("caption", CommonShapes.Caption, false),
        ])
    { ExactlyOne = Names, Also = Impossible };

    public static string? Problem(JsonElement payload) => _shape.Problem(payload, PayloadRules.Path);

    private static string? Impossible(JsonElement payload, string path)
    {
        var kind = Names.First(name => ObjectShape.Has(payload, name));
        if (kind == MessageKinds.Audio && ObjectShape.Has(payload, "caption") && payload.GetProperty("caption").GetString() is { Length: > 0 })
            return $"{path}.caption cannot go with audio.";
        if (!ObjectShape.Has(payload, "mimetype") || kind == MessageKinds.Document)
            return null;
        // What a document may be is Meta's to say, and it says more than it lists.
        return MediaType.Find(payload.GetProperty("mimetype").GetString())?.Kind == kind
            ? null
            : $"{path}.mimetype must be one of: {string.Join(", ", MediaType.MimeTypesOf(kind))}.";
    }
}
