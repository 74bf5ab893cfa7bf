using System.Text.Json;
using WaAspire.WhatsAppSimulator.CloudApi;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>A file on a bubble. Uploaded ones can be shown; a link is only told, because nothing here leaves this machine.</summary>
internal sealed record BubbleMedia(string Kind, string? Id, string? Link);

/// <summary>What a bubble shows besides its text: a file, a header, a footer, what can be tapped, further lines.</summary>
internal sealed record BubbleParts(BubbleMedia? Media, string? Header, string? Footer, IReadOnlyList<string> Choices, IReadOnlyList<string> Lines)
{
    private static readonly BubbleParts None = new(null, null, null, [], []);

    public static BubbleParts OfFile(string kind, string id) => None with { Media = new BubbleMedia(kind, id, Link: null) };

    /// <summary>Of a body that has passed validation.</summary>
    public static BubbleParts Of(string type, JsonElement body)
    {
        if (!body.TryGetProperty(type, out var content)) return None;
        return type switch
        {
            "image" or "video" or "audio" or "document" or "sticker" => None with { Media = File(type, content) },
            "location" => None with { Lines = NotEmpty($"{content.GetProperty("latitude")}, {content.GetProperty("longitude")}", Text(content, "address")) },
            "contacts" => None with { Lines = [.. content.EnumerateArray().SelectMany(contact => List(contact, "phones")).Select(phone => Text(phone, "phone") ?? "")] },
            "interactive" => Interactive(content),
            "template" => Template(content),
            _ => None,
        };
    }

    private static BubbleParts Interactive(JsonElement content)
    {
        var (media, header) = HeaderOf(content);
        var footer = content.TryGetProperty("footer", out var foot) ? Text(foot, "text") : null;
        var action = content.GetProperty("action");
        string[] choices =
        [
            .. List(action, "buttons").Select(button => Text(button.GetProperty("reply"), "title")!),
            .. action.TryGetProperty("parameters", out var parameters) ? NotEmpty(Text(parameters, "display_text"), Text(parameters, "flow_cta")) : [],
            .. Text(action, "name") == "send_location" ? ["Send location"] : NotEmpty(Text(action, "button")),
        ];
        string[] rows = [.. List(action, "sections").SelectMany(section => List(section, "rows")).Select(row => Text(row, "title")!)];
        return new(media, header, footer, choices, rows);
    }

    private static (BubbleMedia? Media, string? Text) HeaderOf(JsonElement content)
    {
        if (!content.TryGetProperty("header", out var header)) return (null, null);
        var type = Text(header, "type")!;
        return header.TryGetProperty(type, out var inner) && inner.ValueKind == JsonValueKind.Object ? (File(type, inner), null) : (null, Text(header, "text"));
    }

    private static BubbleParts Template(JsonElement template)
    {
        var media = List(template, "components").SelectMany(component => List(component, "parameters"))
            .Where(parameter => Text(parameter, "type") is "image" or "video" or "document")
            .Select(parameter => File(Text(parameter, "type")!, parameter.GetProperty(Text(parameter, "type")!)))
            .FirstOrDefault();
        var buttons = List(template, "components").Where(component => Text(component, "type") == "button").Select(button => $"Button {button.GetProperty("index")}");
        return None with { Media = media, Choices = [.. buttons] };
    }

    private static BubbleMedia File(string kind, JsonElement content) => new(kind, Text(content, "id"), Text(content, "link"));

    private static JsonElement[] List(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    private static string[] NotEmpty(params string?[] lines) => [.. lines.Where(line => !string.IsNullOrEmpty(line)).Select(line => line!)];

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
