using System.Text.Json;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>
/// Templates: what is filled into words that only Meta holds, so that the number of parameters cannot be checked here.
/// https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
/// </summary>
internal static class TemplateShapes
{
    private const int ParameterTextMax = 4096;
    private const int ButtonsMax = 10;
    private const int ActionBytesMax = 16 * 1024;

    private static readonly Shape _any = new TextShape(ParameterTextMax);
    private static readonly Field _name = new("parameter_name", new TextShape(64), false);
    private static readonly (string, Shape) _text = ("text", new ObjectShape(CommonShapes.Type, new("text", _any), _name));

    private static readonly Shape _headerParameter = new TaggedShape(
        "type",
        _text,
        Holding("image", CommonShapes.Media()),
        Holding("video", CommonShapes.Media()),
        Holding("document", CommonShapes.Media(new Field("filename", CommonShapes.FileName, false))),
        Holding("location", CommonShapes.Location));

    private static readonly Shape _bodyParameter = new TaggedShape(
        "type",
        _text,
        Holding("currency", new ObjectShape(
            new Field("fallback_value", _any),
            new("code", new TextShape(3) { Also = (code => code.Length == 3 && code.All(char.IsAsciiLetterUpper), "is not a currency code") }),
            new("amount_1000", new NumberShape(-1e15, 1e15, Whole: true)))),
        Holding("date_time", new ObjectShape([new Field("fallback_value", _any), .. new[] { "day_of_week", "year", "month", "day_of_month", "hour", "minute", "calendar" }.Select(part => new Field(part, new DatePartShape(), false))])));

    private static readonly Shape _buttonParameter = new TaggedShape(
        "type",
        ("text", new ObjectShape(CommonShapes.Type, new("text", _any))),
        ("payload", new ObjectShape(CommonShapes.Type, new("payload", _any))),
        ("coupon_code", new ObjectShape(CommonShapes.Type, new("coupon_code", _any))),
        ("action", new ObjectShape(CommonShapes.Type, new("action", new DataShape(ActionBytesMax)))));

    private static readonly Shape _component = new TaggedShape(
        "type",
        ("header", new ObjectShape(CommonShapes.Type, new("parameters", new ListShape(1, 1, _headerParameter), false))),
        ("body", new ObjectShape(CommonShapes.Type, new("parameters", new ListShape(0, 100, _bodyParameter), false))),
        ("button", new ObjectShape(
            CommonShapes.Type,
            new("sub_type", new TextShape(32)),
            new("index", new NumberShape(0, ButtonsMax - 1, Whole: true)),
            new("parameters", new ListShape(1, 10, _buttonParameter), false))));

    public static readonly Shape Template = new ObjectShape(
        new Field("name", new TextShape(512) { Also = (name => name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'), "may hold lower-case letters, digits and _ only") }),
        new("language", new ObjectShape(
            new Field("code", new TextShape(15) { Also = (code => code.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'), "is not a language code") }),
            new("policy", new TextShape(16, OneOf: "deterministic"), false))),
        new("components", new ListShape(0, 2 + ButtonsMax, _component) { }, false))
    { Also = SameComponent };

    private static (string, Shape) Holding(string type, Shape content) => (type, new ObjectShape(CommonShapes.Type, new(type, content), _name));

    // One header, one body, one button at each place.
    private static string? SameComponent(JsonElement template, string path)
    {
        if (!ObjectShape.Has(template, "components"))
            return null;
        var places = template.GetProperty("components").EnumerateArray().Select(component =>
            component.GetProperty("type").GetString() + (component.TryGetProperty("index", out var index) ? index.ToString() : ""));
        return places.GroupBy(place => place, StringComparer.Ordinal).Any(group => group.Skip(1).Any())
            ? $"{path}.components has the same component twice."
            : null;
    }

    /// <summary>A word (<c>GREGORIAN</c>) or a number.</summary>
    private sealed record DatePartShape : Shape
    {
        private static readonly Shape _word = new TextShape(32);

        public override string? Problem(JsonElement value, string path) => value.ValueKind == JsonValueKind.Number ? null : _word.Problem(value, path);
    }
}
