using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>Values and documents in Firestore's JSON.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/Value</remarks>
internal static class ValueJson
{
    /// <summary>Answers are JSON for programs, never HTML: quotes and plus signs need no escape.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };

    public static Value Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw RpcException.Invalid("A value must be a JSON object.");
        Value? value = null;
        // A null value is the one place where JSON null is content, so the members are read raw here.
        foreach (var member in element.EnumerateObject())
        {
            if (value is not null)
                throw RpcException.Invalid("A value must have exactly one type.");
            value = ReadTyped(member.Name, member.Value);
        }

        return value ?? throw RpcException.Invalid("A value must have a type.");
    }

    public static MapValue ReadFields(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw RpcException.Invalid("Invalid JSON payload received. \"fields\" must be an object.");
        var fields = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
            fields[member.Name] = Read(member.Value);
        return new(fields);
    }

    public static void Write(Utf8JsonWriter json, Value value)
    {
        json.WriteStartObject();
        switch (value)
        {
            case NullValue: json.WriteNull("nullValue"); break;
            case BooleanValue boolean: json.WriteBoolean("booleanValue", boolean.Content); break;
            case IntegerValue integer: json.WriteString("integerValue", integer.Content.ToString(CultureInfo.InvariantCulture)); break;
            case DoubleValue number: WriteDouble(json, "doubleValue", number.Content); break;
            case TimestampValue timestamp: json.WriteString("timestampValue", Timestamps.Format(timestamp.Micros)); break;
            case StringValue text: json.WriteString("stringValue", text.Content); break;
            case BytesValue bytes: json.WriteBase64String("bytesValue", bytes.Content); break;
            case ReferenceValue reference: json.WriteString("referenceValue", reference.Name); break;
            case GeoPointValue point: WriteGeoPoint(json, point); break;
            case ArrayValue array: WriteArray(json, array); break;
            case MapValue map: WriteMap(json, map); break;
            default: throw new InvalidOperationException($"No JSON form for {value.GetType().Name}.");
        }

        json.WriteEndObject();
    }

    public static void WriteFields(Utf8JsonWriter json, MapValue map)
    {
        json.WriteStartObject("fields");
        foreach (var (name, field) in map.Fields)
        {
            json.WritePropertyName(name);
            Write(json, field);
        }

        json.WriteEndObject();
    }

    public static void WriteDocument(Utf8JsonWriter json, DatabaseName database, Document document)
    {
        json.WriteStartObject();
        json.WriteString("name", database.NameOf(document.Path));
        if (document.Fields.Fields.Count > 0)
            WriteFields(json, document.Fields);
        json.WriteString("createTime", Timestamps.Format(document.CreateTime));
        json.WriteString("updateTime", Timestamps.Format(document.UpdateTime));
        json.WriteEndObject();
    }

    private static Value ReadTyped(string type, JsonElement element) => type switch
    {
        "nullValue" when element.ValueKind == JsonValueKind.Null || RequestJson.Enum(element, ["NULL_VALUE"]) == 0 => NullValue.Instance,
        "booleanValue" => new BooleanValue(RequestJson.Boolean(element)),
        "integerValue" => new IntegerValue(RequestJson.Integer(element)),
        "doubleValue" => new DoubleValue(RequestJson.Double(element)),
        "timestampValue" => new TimestampValue(RequestJson.Timestamp(element)),
        "stringValue" => new StringValue(RequestJson.Text(element)),
        "bytesValue" => new BytesValue(RequestJson.Bytes(element)),
        "referenceValue" => ReadReference(RequestJson.Text(element)),
        "geoPointValue" => ReadGeoPoint(element),
        "arrayValue" => ReadArray(element),
        "mapValue" => ReadMap(element),
        _ => throw RequestJson.Unknown(type),
    };

    private static ReferenceValue ReadReference(string name) =>
        name.Split('/') is ["projects", _, "databases", _, "documents", _, ..]
            ? new(name)
            : throw RpcException.Invalid("A reference must be a full document name.");

    private static GeoPointValue ReadGeoPoint(JsonElement element)
    {
        double latitude = 0, longitude = 0;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "latitude")
                latitude = RequestJson.Double(value);
            else if (name == "longitude")
                longitude = RequestJson.Double(value);
            else
                throw RequestJson.Unknown(name);
        }

        return Math.Abs(latitude) <= 90 && Math.Abs(longitude) <= 180
            ? new(latitude, longitude)
            : throw RpcException.Invalid("A geo point lies within ±90 and ±180 degrees.");
    }

    private static ArrayValue ReadArray(JsonElement element)
    {
        var items = new List<Value>();
        foreach (var (name, value) in RequestJson.Members(element))
            items.AddRange(name == "values" ? RequestJson.Items(value).Select(Read) : throw RequestJson.Unknown(name));
        return new(items);
    }

    private static MapValue ReadMap(JsonElement element)
    {
        var map = MapValue.Empty;
        foreach (var (name, value) in RequestJson.Members(element))
            map = name == "fields" ? ReadFields(value) : throw RequestJson.Unknown(name);
        return map;
    }

    private static void WriteDouble(Utf8JsonWriter json, string name, double number)
    {
        json.WritePropertyName(name);
        if (double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }

    private static void WriteGeoPoint(Utf8JsonWriter json, GeoPointValue point)
    {
        json.WriteStartObject("geoPointValue");
        json.WriteNumber("latitude", point.Latitude);
        json.WriteNumber("longitude", point.Longitude);
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, ArrayValue array)
    {
        json.WriteStartObject("arrayValue");
        if (array.Items.Count > 0)
        {
            json.WriteStartArray("values");
            foreach (var item in array.Items)
                Write(json, item);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, MapValue map)
    {
        json.WriteStartObject("mapValue");
        if (map.Fields.Count > 0)
            WriteFields(json, map);
        json.WriteEndObject();
    }
}
