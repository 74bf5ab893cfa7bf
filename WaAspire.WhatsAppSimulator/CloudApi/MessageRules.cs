using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The published shape and limits of each message type. Adding a type is adding a row.</summary>
internal static class MessageRules
{
    private const int TextMax = 4096;
    private const int CaptionMax = 1024;
    private const int IdMax = 512;
    private const int Unlimited = 64 * 1024;

    private static readonly Rule Id = new TextRule(IdMax);
    private static readonly Rule AnyText = new TextRule(Unlimited);
    private static readonly Rule Caption = new TextRule(CaptionMax, Min: 0);
    private static readonly Rule MessageId = new WamidRule();
    private static readonly Rule AnyObject = Open();

    public static readonly IReadOnlyDictionary<string, Rule> ByType = new Dictionary<string, Rule>(StringComparer.Ordinal)
    {
        ["text"] = new ObjectRule(new Field("body", new TextRule(TextMax)), new("preview_url", new FlagRule(), false)),
        ["image"] = Media(new Field("caption", Caption, false)),
        ["video"] = Media(new Field("caption", Caption, false)),
        ["audio"] = Media(new Field("voice", new FlagRule(), false)),
        ["document"] = Media(new Field("caption", Caption, false), new Field("filename", new TextRule(240), false)),
        ["sticker"] = Media(),
        ["location"] = new ObjectRule(
            new Field("latitude", new NumberRule(-90, 90)),
            new("longitude", new NumberRule(-180, 180)),
            new("name", new TextRule(1000, Min: 0), false),
            new("address", new TextRule(1000, Min: 0), false)),
        ["contacts"] = new ListRule(1, 5, Open(new Field("name", Open(new Field("formatted_name", AnyText))))),
        ["reaction"] = new ObjectRule(new Field("message_id", MessageId), new("emoji", new TextRule(32, Min: 0))),
        ["interactive"] = InteractiveRules.Rule,
        ["template"] = Open(
            new Field("name", new TextRule(512)),
            new("language", Open(new Field("code", new TextRule(15)))),
            new("components", new ListRule(0, 20, TemplateComponent()), false)),
    };

    public static readonly Rule Context = new ObjectRule(new Field("message_id", MessageId));

    public static readonly Rule Read = new ObjectRule(
        new Field("messaging_product", AnyText),
        new("status", new TextRule(10, OneOf: ["read"])),
        new("message_id", MessageId),
        new("typing_indicator", new ObjectRule(new Field("type", new TextRule(20, OneOf: ["text"]))), false));

    private static ObjectRule Media(params Field[] more) =>
        new([new("id", Id, false), new("link", new LinkRule(), false), .. more]) { ExactlyOne = ["id", "link"] };

    private static ObjectRule Open(params Field[] fields) => new(fields) { Open = true };

    private static ObjectRule TemplateComponent() => Open(
        new Field("type", new TextRule(32, OneOf: ["header", "body", "button", "carousel", "limited_time_offer", "order_status"])),
        new("sub_type", new TextRule(32), false),
        new("index", new NumberRule(0, 20), false),
        new("parameters", new ListRule(0, 100, TemplateParameter()), false)) with
    {
        Also = ButtonNeedsPlace,
    };

    private static ObjectRule TemplateParameter() => Open(new Field("type", new TextRule(32))) with
    {
        // A parameter of type "text" carries a key "text", one of type "currency" a key "currency", and so on.
        Also = (value, path) => value.GetProperty("type").GetString() is var type && value.TryGetProperty(type!, out var content)
            ? (type is "text" or "payload" ? AnyText : AnyObject).Check(content, $"{path}['{type}']")
            : GraphError.Missing($"{path}['{type}']"),
    };

    private static GraphError? ButtonNeedsPlace(JsonElement component, string path)
    {
        if (component.GetProperty("type").GetString() != "button") return null;
        if (!component.TryGetProperty("sub_type", out _)) return GraphError.Missing($"{path}['sub_type']");
        return component.TryGetProperty("index", out _) ? null : GraphError.Missing($"{path}['index']");
    }

    private sealed record WamidRule : Rule
    {
        public override GraphError? Check(JsonElement value, string path) =>
            value.ValueKind == JsonValueKind.String && Wamid.IsWellFormed(value.GetString())
                ? null
                : GraphError.Invalid(path, "must be a message id");
    }
}
