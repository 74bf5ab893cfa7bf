using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>What a bubble says about a message of each type. Total: an unknown type shows its name.</summary>
internal static class BubbleText
{
    public static string Of(string type, JsonElement body)
    {
        if (!body.TryGetProperty(type, out var content)) return $"[{type}]";
        return type switch
        {
            "text" => Text(content, "body"),
            "image" => WithCaption("📷 Photo", content),
            "video" => WithCaption("🎬 Video", content),
            "audio" => "🎤 Audio",
            "document" => WithCaption("📄 " + Or(Text(content, "filename"), "Document"), content),
            "sticker" => "🩵 Sticker",
            "location" => "📍 " + Or(Text(content, "name"), $"{content.GetProperty("latitude")}, {content.GetProperty("longitude")}"),
            "contacts" => "👤 " + string.Join(", ", content.EnumerateArray().Select(c => Text(c.GetProperty("name"), "formatted_name"))),
            "interactive" => content.TryGetProperty("body", out var inner) ? Text(inner, "text") : "[interactive]",
            "template" => TemplateText(content),
            "reaction" => Or(Text(content, "emoji"), "Reaction removed"),
            _ => $"[{type}]",
        };
    }

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
        return string.Join(" · ", texts.Prepend("📋 " + Text(template, "name")));
    }

    private static string WithCaption(string label, JsonElement media) =>
        Text(media, "caption") is { Length: > 0 } caption ? $"{label}\n{caption}" : label;

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
