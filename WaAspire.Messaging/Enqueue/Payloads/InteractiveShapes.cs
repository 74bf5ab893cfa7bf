using System.Text.Json;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>
/// Messages with something to tap. https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#interactive-messages
/// </summary>
internal static class InteractiveShapes
{
    private const int RowsMax = 10;
    private const int FlowDataBytesMax = 16 * 1024;

    private static readonly Shape _headerText = new ObjectShape(CommonShapes.Type, new("text", new TextShape(60)));

    private static readonly Shape _header = new TaggedShape(
        "type",
        ("text", _headerText),
        ("image", MediaHeader("image")),
        ("video", MediaHeader("video")),
        ("document", MediaHeader("document", new Field("filename", CommonShapes.FileName, false))));

    private static readonly Shape _button = new ObjectShape(
        new Field("type", new TextShape(16, OneOf: "reply")),
        new("reply", new ObjectShape(new Field("id", new TextShape(256)), new("title", new TextShape(20)))));

    private static readonly Shape _row = new ObjectShape(
        new Field("id", new TextShape(200)), new("title", new TextShape(24)), new("description", new TextShape(72, Min: 0), false));

    private static readonly Shape _section = new ObjectShape(
        new Field("title", new TextShape(24), false), new("rows", new ListShape(1, RowsMax, _row)));

    private static readonly Shape _flow = new ObjectShape(
        new Field("flow_message_version", new TextShape(4, OneOf: "3")),
        new("flow_id", CommonShapes.Id, false),
        new("flow_name", new TextShape(512), false),
        new("flow_cta", new TextShape(30)),
        new("flow_token", new TextShape(1024), false),
        new("flow_action", new TextShape(16, OneOf: ["navigate", "data_exchange"]), false),
        new("flow_action_payload", new ObjectShape(new Field("screen", new TextShape(256)), new("data", new DataShape(FlowDataBytesMax), false)), false),
        new("mode", new TextShape(16, OneOf: ["draft", "published"]), false))
    { ExactlyOne = ["flow_id", "flow_name"] };

    public static readonly Shape Interactive = new TaggedShape(
        "type",
        Kind("button", bodyMax: 1024, new ObjectShape(new Field("buttons", new ListShape(1, 3, _button))) { Also = SameTitles }, _header),
        Kind("list", bodyMax: 4096, new ObjectShape(new Field("button", new TextShape(20)), new("sections", new ListShape(1, 10, _section))) { Also = BadSections }, new TaggedShape("type", ("text", _headerText))),
        Kind("cta_url", bodyMax: 1024, Named("cta_url", new ObjectShape(new Field("display_text", new TextShape(20)), new("url", CommonShapes.Link))), _header),
        Kind("location_request_message", bodyMax: 1024, new ObjectShape(new Field("name", new TextShape(32, OneOf: "send_location"))), header: null),
        Kind("flow", bodyMax: 1024, Named("flow", _flow), _header));

    private static (string, Shape) Kind(string type, int bodyMax, Shape action, Shape? header)
    {
        List<Field> fields = [CommonShapes.Type, new("body", new ObjectShape(new Field("text", new TextShape(bodyMax)))), new("action", action)];
        if (header is not null)
            fields.AddRange([new("header", header, false), new("footer", new ObjectShape(new Field("text", new TextShape(60))), false)]);
        return (type, new ObjectShape([.. fields]));
    }

    private static ObjectShape MediaHeader(string type, params Field[] more) => new(CommonShapes.Type, new(type, CommonShapes.Media(more)));

    private static ObjectShape Named(string name, Shape parameters) =>
        new(new Field("name", new TextShape(32, OneOf: name)), new("parameters", parameters));

    private static string? SameTitles(JsonElement action, string path) =>
        HasTwice(action.GetProperty("buttons").EnumerateArray().Select(button => button.GetProperty("reply").GetProperty("title").GetString()!))
            ? $"{path}.buttons must have different titles."
            : null;

    // Ten rows are the limit of the whole list, and a reply names nothing but the row's id.
    private static string? BadSections(JsonElement action, string path)
    {
        var sections = action.GetProperty("sections").EnumerateArray().ToList();
        var rows = sections.SelectMany(section => section.GetProperty("rows").EnumerateArray()).ToList();
        return rows switch
        {
            _ when rows.Count > RowsMax => $"{path}.sections must have at most {RowsMax} rows in total.",
            _ when HasTwice(rows.Select(row => row.GetProperty("id").GetString()!)) => $"{path}.sections must have rows with different ids.",
            _ when sections.Count > 1 && !sections.All(section => ObjectShape.Has(section, "title")) => $"{path}.sections need a title each when there are several.",
            _ => null,
        };
    }

    private static bool HasTwice(IEnumerable<string> texts) => texts.GroupBy(text => text, StringComparer.Ordinal).Any(group => group.Skip(1).Any());
}
