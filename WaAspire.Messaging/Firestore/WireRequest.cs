using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>Request bodies of commit, batchGet, runQuery and runAggregationQuery.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/projects.databases.documents</remarks>
internal static class WireRequest
{
    // The relaxed encoder keeps text as UTF-8: an escaped alphabet would make Cyrillic six times as long.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Commit(string documents, IReadOnlyList<DocumentWrite> writes) => Body(json =>
    {
        json.WriteStartArray("writes");
        foreach (var write in writes)
            Write(json, documents, write);
        json.WriteEndArray();
    });

    public static byte[] BatchGet(string documents, IReadOnlyCollection<string> paths) => Body(json =>
    {
        json.WriteStartArray("documents");
        foreach (var path in paths)
            json.WriteStringValue($"{documents}/{path}");
        json.WriteEndArray();
    });

    public static byte[] Query(string documents, DocumentQuery query) => Body(json => WireQuery.Write(json, documents, query));

    public static byte[] Count(string documents, DocumentQuery query) => Body(json =>
    {
        json.WriteStartObject("structuredAggregationQuery");
        WireQuery.Write(json, documents, query);
        json.WriteStartArray("aggregations");
        json.WriteStartObject();
        json.WriteString("alias", "count");
        json.WriteStartObject("count");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A field name as a field path of one segment: plain, or in backticks when it is not a plain identifier.</summary>
    public static string FieldPath(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? name
            : $"`{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`";

    private static void Write(Utf8JsonWriter json, string documents, DocumentWrite write)
    {
        json.WriteStartObject();
        if (write.IsDelete)
        {
            json.WriteString("delete", $"{documents}/{write.Path}");
        }
        else
        {
            json.WriteStartObject("update");
            json.WriteString("name", $"{documents}/{write.Path}");
            WireValue.WriteFields(json, write.Fields);
            json.WriteEndObject();
            WriteMask(json, write.Mask);
            WriteTransforms(json, write.Transforms);
        }
        WritePrecondition(json, write.Precondition);
        json.WriteEndObject();
    }

    private static void WriteMask(Utf8JsonWriter json, IReadOnlyList<string>? mask)
    {
        if (mask is null)
            return;
        json.WriteStartObject("updateMask");
        json.WriteStartArray("fieldPaths");
        foreach (var field in mask)
            json.WriteStringValue(FieldPath(field));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTransforms(Utf8JsonWriter json, IReadOnlyList<FieldTransform> transforms)
    {
        if (transforms.Count == 0)
            return;
        json.WriteStartArray("updateTransforms");
        foreach (var transform in transforms)
        {
            json.WriteStartObject();
            json.WriteString("fieldPath", FieldPath(transform.Field));
            if (transform.Kind == FieldTransformKind.RequestTime)
            {
                json.WriteString("setToServerValue", "REQUEST_TIME");
            }
            else
            {
                json.WritePropertyName(transform.Kind == FieldTransformKind.Increment ? "increment" : "maximum");
                WireValue.Write(json, transform.Operand ?? throw new ArgumentException($"{transform.Kind} needs an operand."));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePrecondition(Utf8JsonWriter json, Precondition precondition)
    {
        if (precondition == Precondition.None)
            return;
        json.WriteStartObject("currentDocument");
        if (precondition.UpdateTime is { } updateTime)
            json.WriteString("updateTime", WireValue.Timestamp(updateTime));
        else
            json.WriteBoolean("exists", precondition.Exists!.Value);
        json.WriteEndObject();
    }

    private static byte[] Body(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
