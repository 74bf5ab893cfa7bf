using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Inbound;

/// <summary>Reads somebody else's JSON without believing in its shape: what is not as expected is absent.</summary>
public static class JsonReading
{
    // Meta's ids and words are far shorter; what is longer is not theirs.
    public const int WordLengthMax = 1024;
    private const int DepthMax = 8;
    private const int MembersMax = 500;
    private const int NameLengthMax = 200;

    /// <summary>The bytes as they came; what is no UTF-8 among them is marked as such.</summary>
    public static string Raw(this JsonElement element) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));

    public static JsonElement? Member(this JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var member) ? member : null;

    public static JsonElement? Object(this JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.Object } member ? member : null;

    public static JsonElement[] Members(this JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    /// <summary>A string of any length; null for anything else.</summary>
    /// <exception cref="InvalidOperationException">It holds half of a surrogate pair: lawful JSON, but no text.</exception>
    public static string? Text(this JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>An id or a word; null when it is absent, empty or longer than any of them.</summary>
    public static string? Word(this JsonElement holder, string name) => holder.Text(name) is { Length: > 0 and <= WordLengthMax } word ? word : null;

    /// <summary>Seconds since 1970, usually as a string. Nonsense is no reason to lose an update.</summary>
    public static DateTimeOffset? Seconds(this JsonElement holder, string name)
    {
        var text = holder.Member(name) is { ValueKind: JsonValueKind.String or JsonValueKind.Number } time ? time.ToString() : null;
        return long.TryParse(text, out var seconds) && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }

    public static bool IsTrue(this JsonElement holder, string name) => holder.Member(name) is { ValueKind: JsonValueKind.True };

    /// <summary>The object as a map; null when there is none. What a document could not hold stays in it as its JSON.</summary>
    public static DocumentFields? Map(this JsonElement holder, string name) => holder.Object(name) is { } member ? Value(member, 0).AsMap : null;

    public static FirestoreValue Value(JsonElement element, int depth = 0) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when element.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number when element.TryGetDouble(out var number) && double.IsFinite(number) => FirestoreValue.From(number),
        JsonValueKind.Object when depth < DepthMax && element.EnumerateObject().Take(MembersMax + 1).ToArray() is { Length: <= MembersMax } members =>
            FirestoreValue.From(new DocumentFields(members.Where(member => IsName(member.Name)).DistinctBy(member => member.Name)
                .Select(member => KeyValuePair.Create(member.Name, Value(member.Value, depth + 1))))),
        // Firestore has no arrays of arrays.
        JsonValueKind.Array when depth < DepthMax && element.GetArrayLength() <= MembersMax =>
            FirestoreValue.From(element.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Array ? item.Raw() : Value(item, depth + 1))),
        JsonValueKind.Null or JsonValueKind.Undefined => FirestoreValue.Null,
        _ => element.Raw(),
    };

    private static bool IsName(string name) => name is { Length: > 0 and <= NameLengthMax } && !name.StartsWith("__", StringComparison.Ordinal);
}
