using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// proto3 JSON as Google's front end reads it: unknown names are refused, null means absent, snake_case and camelCase
/// name the same field, an enum comes by name or by number, and a 64-bit number may be a string.
/// </summary>
internal static class RequestJson
{
    /// <summary>Twenty levels of a document take three JSON levels each, and the request some more.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    public static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            CheckText(body.Span);
            using var document = JsonDocument.Parse(body.IsEmpty ? "{}"u8.ToArray() : body, Options);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw RpcException.Invalid("Invalid JSON payload received. The request body is not valid JSON.");
        }
    }

    /// <summary>Text that is no Unicode would show only when it is read, deep inside a call.</summary>
    /// <exception cref="JsonException">Broken UTF-8, half of a surrogate pair, or no JSON at all.</exception>
    public static void CheckText(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new JsonException("Not UTF-8.");
        if (body.IndexOf("\\ud"u8) < 0 && body.IndexOf("\\uD"u8) < 0)
            return;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("Half of a surrogate pair.");
        }
    }

    public static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw RpcException.Invalid($"Invalid JSON payload received. An object was expected, not {element.ValueKind}.");
        return element.EnumerateObject()
            .Where(member => member.Value.ValueKind != JsonValueKind.Null)
            .Select(member => (Camel(member.Name), member.Value));
    }

    public static RpcException Unknown(string name) =>
        RpcException.Invalid($"Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.");

    public static string Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Unexpected(element, "a string");

    public static bool Boolean(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected(element, "a boolean"),
    };

    public static long Integer(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetInt64(out var number) => number,
        JsonValueKind.Number when element.TryGetDouble(out var number) && Math.Abs(number) < 9e18 && Math.Floor(number) == number => (long)number,
        JsonValueKind.String when long.TryParse(
            element.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Unexpected(element, "an integer"),
    };

    public static int Count(JsonElement element, string name)
    {
        // An Int32Value wrapper may also arrive as the object it is.
        var plain = element.ValueKind == JsonValueKind.Object && element.TryGetProperty("value", out var wrapped) ? wrapped : element;
        var number = Integer(plain);
        return number is >= 0 and <= int.MaxValue ? (int)number : throw RpcException.Invalid($"{name} must be between 0 and {int.MaxValue}.");
    }

    public static double Double(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetDouble(out var number) && double.IsFinite(number) => number,
        JsonValueKind.String when element.GetString() is "NaN" => double.NaN,
        JsonValueKind.String when element.GetString() is "Infinity" => double.PositiveInfinity,
        JsonValueKind.String when element.GetString() is "-Infinity" => double.NegativeInfinity,
        JsonValueKind.String when double.TryParse(
            element.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => throw Unexpected(element, "a double"),
    };

    public static long Timestamp(JsonElement element) =>
        Timestamps.Parse(Text(element)) ?? throw Unexpected(element, "an RFC 3339 timestamp");

    public static byte[] Bytes(JsonElement element)
    {
        var text = Text(element).Replace('-', '+').Replace('_', '/').TrimEnd('=');
        try
        {
            return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw Unexpected(element, "base64");
        }
    }

    public static IEnumerable<JsonElement> Items(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : throw Unexpected(element, "an array");

    /// <param name="names">The enum's names; a name's place in the array is its number.</param>
    public static int Enum(JsonElement element, string[] names)
    {
        var index = element.ValueKind == JsonValueKind.String ? Array.IndexOf(names, element.GetString()) : Integer(element);
        return index >= 0 && index < names.Length ? (int)index : throw Unexpected(element, $"one of {string.Join(", ", names)}");
    }

    private static RpcException Unexpected(JsonElement element, string wanted) =>
        RpcException.Invalid($"Invalid JSON payload received. Invalid value ({element.ValueKind}), {wanted} was expected.");

    private static string Camel(string name)
    {
        var under = name.IndexOf('_', StringComparison.Ordinal);
        return under <= 0 || under == name.Length - 1
            ? name
            : name[..under] + char.ToUpperInvariant(name[under + 1]) + Camel(name[(under + 2)..]);
    }
}
