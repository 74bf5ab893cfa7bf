using System.Text;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>Firestore's limits on a stored document.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields and …/storage-size</remarks>
internal static class Limits
{
    public const int MaxRequestBytes = 10 * 1024 * 1024;
    public const int MaxTransformsPerDocument = 500;
    private const int MaxDocumentBytes = 1024 * 1024;
    private const int MaxFieldValueBytes = MaxDocumentBytes - 89;
    private const int MaxNameBytes = 1500;
    private const int MaxDepth = 20;

    public static void Check(Document document)
    {
        CheckMap(document.Fields, depth: 0);
        var size = NameSize(document.Path.ToString()) + 32 + FieldsSize(document.Fields);
        if (size > MaxDocumentBytes)
            throw RpcException.Invalid($"The document is too large: {size} bytes, at most {MaxDocumentBytes} are allowed.");
    }

    private static void CheckMap(MapValue map, int depth)
    {
        var vector = map.Vector is not null;
        foreach (var (name, value) in map.Fields)
        {
            if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxNameBytes || (IsReserved(name) && !vector))
                throw RpcException.Invalid("A field name must not be empty, longer than 1500 bytes or of the form __.*__.");
            CheckValue(value, depth + 1);
        }
    }

    private static void CheckValue(Value value, int depth)
    {
        if (depth > MaxDepth)
            throw RpcException.Invalid($"Maps and arrays may be nested at most {MaxDepth} levels deep.");
        switch (value)
        {
            case StringValue text when Encoding.UTF8.GetByteCount(text.Content) > MaxFieldValueBytes:
            case BytesValue bytes when bytes.Content.Length > MaxFieldValueBytes:
                throw RpcException.Invalid($"A field value must not be larger than {MaxFieldValueBytes} bytes.");
            case MapValue map:
                CheckMap(map, depth);
                break;
            case ArrayValue array:
                if (array.Items.Any(item => item is ArrayValue))
                    throw RpcException.Invalid("An array must not hold an array directly.");
                foreach (var item in array.Items)
                    CheckValue(item, depth + 1);
                break;
        }
    }

    private static long FieldsSize(MapValue map) =>
        map.Fields.Sum(field => Encoding.UTF8.GetByteCount(field.Key) + 1 + ValueSize(field.Value));

    private static long ValueSize(Value value) => value switch
    {
        NullValue or BooleanValue => 1,
        StringValue text => Encoding.UTF8.GetByteCount(text.Content) + 1,
        BytesValue bytes => bytes.Content.Length,
        ReferenceValue reference => NameSize(reference.Name),
        GeoPointValue => 16,
        ArrayValue array => array.Items.Sum(ValueSize),
        MapValue map => FieldsSize(map),
        _ => 8,
    };

    /// <summary>Each segment's bytes and one more, and 16 for the whole.</summary>
    private static long NameSize(string path) => Encoding.UTF8.GetByteCount(path) + 1 + 16;

    private static bool IsReserved(string name) =>
        name.Length >= 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);
}
