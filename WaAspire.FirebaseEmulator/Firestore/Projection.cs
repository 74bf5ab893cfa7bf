namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>A document with only the fields of a mask; no mask gives it whole.</summary>
internal static class Projection
{
    public static Document Of(Document document, IReadOnlyList<FieldPath>? mask)
    {
        if (mask is null)
            return document;
        var fields = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var path in mask)
        {
            if (path.In(document.Fields) is { } value)
                path.Assign(fields, value);
        }

        return document with { Fields = new(fields) };
    }
}
