using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>Uploaded files that a message names, wherever in it: the message's own, a header's, a template parameter's.</summary>
internal static class MediaReferences
{
    private static readonly string[] Types = ["image", "video", "audio", "document", "sticker"];

    /// <summary>Null when every named file is there and of the type that it is named as.</summary>
    public static GraphError? Check(JsonElement value, MediaStore store) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Select(property => Of(property, store) ?? Check(property.Value, store)).FirstOrDefault(error => error is not null),
        JsonValueKind.Array => value.EnumerateArray().Select(item => Check(item, store)).FirstOrDefault(error => error is not null),
        _ => null,
    };

    private static GraphError? Of(JsonProperty property, MediaStore store)
    {
        if (!Types.Contains(property.Name) || property.Value.ValueKind != JsonValueKind.Object || !property.Value.TryGetProperty("id", out var id)) return null;
        if (store.Find(id.ToString()) is not { } file) return GraphError.Invalid($"{property.Name}['id']", "must be the id of an uploaded file");
        return file.Type == property.Name ? null : new GraphError(131053, $"The file is of type {file.MimeType}, which cannot be sent as {property.Name}.");
    }
}
