using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Values as ordinary JSON, both ways: <c>{"latitude":44.43}</c> and not Firestore's wire form. What JSON has no word for
/// (a place, a reference, bytes) leaves as null; a null inside an object is the same as no field, and is not kept.
/// </summary>
public static class PlainJson
{
    public static FirestoreValue Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : FirestoreValue.From(json.GetDouble()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => FirestoreValue.From(json.EnumerateArray().Select(Read)),
        JsonValueKind.Object => FirestoreValue.From(ReadFields(json)),
        _ => FirestoreValue.Null,
    };

    public static DocumentFields ReadFields(JsonElement json) => new(json.EnumerateObject()
        .Where(property => property.Value.ValueKind != JsonValueKind.Null)
        .Select(property => KeyValuePair.Create(property.Name, Read(property.Value))));

    public static void Write(Utf8JsonWriter json, FirestoreValue value)
    {
        switch (value.Kind)
        {
            case FirestoreValueKind.String: json.WriteStringValue(value.AsString); break;
            case FirestoreValueKind.Integer: json.WriteNumberValue(value.AsInteger!.Value); break;
            case FirestoreValueKind.Double when double.IsFinite(value.AsDouble!.Value): json.WriteNumberValue(value.AsDouble!.Value); break;
            case FirestoreValueKind.Boolean: json.WriteBooleanValue(value.AsBoolean!.Value); break;
            case FirestoreValueKind.Timestamp: json.WriteStringValue(value.AsTimestamp!.Value); break;
            case FirestoreValueKind.Array: WriteArray(json, value.AsArray!); break;
            case FirestoreValueKind.Map: WriteObject(json, value.AsMap!); break;
            default: json.WriteNullValue(); break;
        }
    }

    private static void WriteArray(Utf8JsonWriter json, IReadOnlyList<FirestoreValue> items)
    {
        json.WriteStartArray();
        foreach (var item in items)
        {
            Write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter json, DocumentFields fields)
    {
        json.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            Write(json, value);
        }

        json.WriteEndObject();
    }
}
