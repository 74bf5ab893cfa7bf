using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Values as JSON, both ways: <c>{"integerValue":"42"}</c>, <c>{"timestampValue":"2026-01-31T12:00:00.123456Z"}</c>.
/// A kind that we do not store is kept as the JSON it came in and written back unchanged.
/// </summary>
internal static class WireValue
{
    // Microseconds are what Firestore keeps; a seventh digit would be cut there and compared unequal here.
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static string Timestamp(DateTimeOffset value) => value.UtcDateTime.ToString(TimestampFormat);

    public static void Write(Utf8JsonWriter json, FirestoreValue value)
    {
        if (value.Kind == FirestoreValueKind.Raw)
        {
            json.WriteRawValue((string)value.Content!);
            return;
        }
        json.WriteStartObject();
        switch (value.Kind)
        {
            case FirestoreValueKind.Null: json.WriteNull("nullValue"); break;
            case FirestoreValueKind.Boolean: json.WriteBoolean("booleanValue", value.AsBoolean!.Value); break;
            case FirestoreValueKind.Integer: json.WriteString("integerValue", value.AsInteger!.Value.ToString()); break;
            case FirestoreValueKind.Double: WriteDouble(json, (double)value.Content!); break;
            case FirestoreValueKind.Timestamp: json.WriteString("timestampValue", Timestamp(value.AsTimestamp!.Value)); break;
            case FirestoreValueKind.String: json.WriteString("stringValue", value.AsString); break;
            case FirestoreValueKind.Array: WriteArray(json, value.AsArray!); break;
            case FirestoreValueKind.Map: WriteMap(json, value.AsMap!); break;
            default: throw new InvalidOperationException($"No wire form for {value.Kind}.");
        }
        json.WriteEndObject();
    }

    public static void WriteFields(Utf8JsonWriter json, DocumentFields fields)
    {
        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            Write(json, value);
        }
        json.WriteEndObject();
    }

    public static FirestoreValue Read(JsonElement element)
    {
        var value = element.EnumerateObject().First();
        return value.Name switch
        {
            "nullValue" => FirestoreValue.Null,
            "booleanValue" => value.Value.GetBoolean(),
            "integerValue" => value.Value.ValueKind == JsonValueKind.String ? long.Parse(value.Value.GetString()!) : value.Value.GetInt64(),
            "doubleValue" => ReadDouble(value.Value),
            "timestampValue" => value.Value.GetDateTimeOffset(),
            "stringValue" => value.Value.GetString(),
            "arrayValue" => FirestoreValue.From(ReadArray(value.Value)),
            "mapValue" => FirestoreValue.From(ReadFields(value.Value)),
            _ => new FirestoreValue(FirestoreValueKind.Raw, element.GetRawText()),
        };
    }

    /// <summary>The <c>fields</c> of a document or map; proto3 JSON leaves an empty one out.</summary>
    public static DocumentFields ReadFields(JsonElement holder)
    {
        var fields = new DocumentFields();
        if (!holder.TryGetProperty("fields", out var members))
            return fields;
        foreach (var member in members.EnumerateObject())
            fields[member.Name] = Read(member.Value);
        return fields;
    }

    private static IEnumerable<FirestoreValue> ReadArray(JsonElement holder) =>
        holder.TryGetProperty("values", out var values) ? values.EnumerateArray().Select(Read) : [];

    // "NaN", "Infinity", "-Infinity" and "-0" travel as strings.
    private static FirestoreValue ReadDouble(JsonElement value) =>
        FirestoreValue.From(value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!) : value.GetDouble());

    private static void WriteDouble(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber("doubleValue", value);
        else
            json.WriteString("doubleValue", double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    private static void WriteArray(Utf8JsonWriter json, IReadOnlyList<FirestoreValue> values)
    {
        json.WriteStartObject("arrayValue");
        json.WriteStartArray("values");
        foreach (var value in values)
            Write(json, value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, DocumentFields fields)
    {
        json.WriteStartObject("mapValue");
        WriteFields(json, fields);
        json.WriteEndObject();
    }
}
