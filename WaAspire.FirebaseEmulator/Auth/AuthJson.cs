using System.Globalization;
using System.Text.Json.Nodes;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>Reads members of an account call; what is absent, empty or of another type reads as not given.</summary>
internal static class AuthJson
{
    private const int MaxLocalId = 128;

    public static string? Text(JsonObject request, string name) =>
        request[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    public static IEnumerable<string> Texts(JsonObject request, string name) => request[name] switch
    {
        JsonArray list => list.OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "")
            .Where(text => text.Length > 0),
        _ => Text(request, name) is { } single ? [single] : [],
    };

    public static bool? Flag(JsonObject request, string name) =>
        request[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>64-bit numbers travel as text.</summary>
    public static double? ReadNumber(JsonObject request, string name)
    {
        if (request[name] is not JsonValue value)
            return null;
        return value.TryGetValue<double>(out var number)
            || (value.TryGetValue<string>(out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            ? number
            : null;
    }

    public static string? ReadLocalId(JsonObject request) => Text(request, "localId") is not { } id
        ? null
        : id.Length <= MaxLocalId ? id : throw new AuthException("INVALID_LOCAL_ID");
}
