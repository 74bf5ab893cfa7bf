using System.Text;

namespace WaAspire.Messaging.Firestore;

/// <summary>About how many bytes a write takes on the wire: near enough to keep a batch under its limit without writing it twice.</summary>
internal static class WriteSize
{
    private const int WriteOverhead = 300;
    private const int ValueOverhead = 40;

    public static int Of(DocumentWrite write) =>
        WriteOverhead + Encoding.UTF8.GetByteCount(write.Path) + Of(write.Fields)
        + (write.Mask?.Sum(field => field.Length + 4) ?? 0) + (write.Transforms.Count * 2 * ValueOverhead);

    private static int Of(DocumentFields fields) => fields.Sum(field => field.Key.Length + Of(field.Value));

    private static int Of(FirestoreValue value) => ValueOverhead + value.Content switch
    {
        string text => Encoding.UTF8.GetByteCount(text),
        DocumentFields fields => Of(fields),
        IReadOnlyList<FirestoreValue> values => values.Sum(Of),
        _ => 0,
    };
}
