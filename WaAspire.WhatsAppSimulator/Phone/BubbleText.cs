using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>The words of a bubble for each type; the page names the type beside them. Total: an unknown type shows its name.</summary>
internal static class BubbleText
{
    public static string Of(string type, JsonElement body)
    {
        if (!body.TryGetProperty(type, out var content)) return $"[{type}]";
        return type switch
        {
            "text" => Text(content, "body"),
            "image" or "video" => Or(Text(content, "caption"), WithoutWords(type)),
            "audio" => WithoutWords(type),
            "document" => Document(content),
            "sticker" => WithoutWords(type),
            "location" => Or(Text(content, "name"), $"{content.GetProperty("latitude")}, {content.GetProperty("longitude")}"),
            "contacts" => string.Join(", ", content.EnumerateArray().Select(c => Text(c.GetProperty("name"), "formatted_name"))),
            "interactive" => content.TryGetProperty("body", out var inner) ? Text(inner, "text") : "[interactive]",
            "template" => TemplateText(content),
            "reaction" => Or(Text(content, "emoji"), "Reaction removed"),
            _ => $"[{type}]",
        };
    }

    /// <summary>What stands for a file that comes without a caption.</summary>
    public static string WithoutWords(string type) => type switch
    {
        "image" => "Photo",
        "video" => "Video",
        "audio" => "Voice or sound",
        "document" => "Document",
        "sticker" => "Sticker",
        _ => $"[{type}]",
    };

    // The template's own words are at Meta; only its name and what we fill in are known here.
    private static string TemplateText(JsonElement template)
    {
        var texts = template.TryGetProperty("components", out var components) && components.ValueKind == JsonValueKind.Array
            ? components.EnumerateArray()
                .Where(component => component.TryGetProperty("parameters", out _))
                .SelectMany(component => component.GetProperty("parameters").EnumerateArray())
                .Select(parameter => Text(parameter, "text"))
                .Where(text => text.Length > 0)
            : [];
        return string.Join(" · ", texts.Prepend(Text(template, "name")));
    }

    private static string Document(JsonElement document) =>
        string.Join('\n', new[] { Or(Text(document, "filename"), WithoutWords("document")), Text(document, "caption") }.Where(line => line.Length > 0));

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
