using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>Interactive messages: one envelope, and an action whose shape depends on the kind.</summary>
internal static class InteractiveRules
{
    private const int RowsMax = 10;

    private static readonly Rule Header = Open(
        new Field("type", new TextRule(16, OneOf: ["text", "image", "video", "document"])),
        new("text", new TextRule(60), false));

    private static readonly Rule Button = new ObjectRule(
        new Field("type", new TextRule(16, OneOf: ["reply"])),
        new("reply", new ObjectRule(new Field("id", new TextRule(256)), new("title", new TextRule(20)))));

    private static readonly Rule Row = new ObjectRule(
        new Field("id", new TextRule(200)), new("title", new TextRule(24)), new("description", new TextRule(72, Min: 0), false));

    private static readonly Rule Section = new ObjectRule(
        new Field("title", new TextRule(24), false), new("rows", new ListRule(1, RowsMax, Row)));

    private static readonly Field Menu = new("button", new TextRule(20));

    private static readonly Dictionary<string, (int BodyMax, Rule Action)> Kinds = new(StringComparer.Ordinal)
    {
        ["button"] = (1024, new ObjectRule(new Field("buttons", new ListRule(1, 3, Button))) { Also = UniqueTitles }),
        ["list"] = (4096, new ObjectRule(Menu, new Field("sections", new ListRule(1, 10, Section))) { Also = RowsInTotal }),
        ["cta_url"] = (1024, Named("cta_url", new ObjectRule(new Field("display_text", new TextRule(20)), new("url", new LinkRule())))),
        ["location_request_message"] = (1024, Named("send_location", parameters: null)),
        ["flow"] = (1024, Named("flow", Open(
            new Field("flow_message_version", new TextRule(4)), new("flow_cta", new TextRule(30))))),
    };

    public static readonly Rule Rule = Open(new Field("type", new TextRule(32))) with { Also = ByKind };

    private static ObjectRule Open(params Field[] fields) => new(fields) { Open = true };

    private static GraphError? ByKind(JsonElement value, string path)
    {
        var type = value.GetProperty("type").GetString()!;
        if (!Kinds.TryGetValue(type, out var kind))
            return GraphError.Invalid($"{path}['type']", $"must be one of {{{string.Join(", ", Kinds.Keys)}}}");
        return new ObjectRule(
            new Field("type", new TextRule(32)),
            new("header", Header, false),
            new("body", new ObjectRule(new Field("text", new TextRule(kind.BodyMax)))),
            new("footer", new ObjectRule(new Field("text", new TextRule(60))), false),
            new("action", kind.Action)).Check(value, path);
    }

    private static ObjectRule Named(string name, Rule? parameters)
    {
        var action = new Field("name", new TextRule(32, OneOf: [name]));
        return parameters is null ? new ObjectRule(action) : new ObjectRule(action, new Field("parameters", parameters));
    }

    private static GraphError? UniqueTitles(JsonElement action, string path)
    {
        var titles = action.GetProperty("buttons").EnumerateArray().Select(b => b.GetProperty("reply").GetProperty("title").GetString());
        return titles.GroupBy(title => title).Any(group => group.Count() > 1)
            ? GraphError.Invalid($"{path}['buttons']", "must have different titles")
            : null;
    }

    private static GraphError? RowsInTotal(JsonElement action, string path) =>
        action.GetProperty("sections").EnumerateArray().Sum(section => section.GetProperty("rows").GetArrayLength()) > RowsMax
            ? GraphError.Invalid($"{path}['sections']", $"must have at most {RowsMax} rows in total")
            : null;
}
