namespace WaAspire.Messaging.Firestore;

/// <summary>The fields of one document or map value, by name (one path segment each, not escaped).</summary>
public sealed class DocumentFields : Dictionary<string, FirestoreValue>
{
    public DocumentFields()
        : base(StringComparer.Ordinal)
    {
    }

    public DocumentFields(IEnumerable<KeyValuePair<string, FirestoreValue>> fields)
        : base(fields, StringComparer.Ordinal)
    {
    }

    public string? Text(string field) => TryGetValue(field, out var value) ? value.AsString : null;

    public long? Integer(string field) => TryGetValue(field, out var value) ? value.AsInteger : null;

    public bool? Boolean(string field) => TryGetValue(field, out var value) ? value.AsBoolean : null;

    public DateTimeOffset? Timestamp(string field) => TryGetValue(field, out var value) ? value.AsTimestamp : null;

    public DocumentFields? Map(string field) => TryGetValue(field, out var value) ? value.AsMap : null;

    public IReadOnlyList<FirestoreValue> Array(string field) => (TryGetValue(field, out var value) ? value.AsArray : null) ?? [];
}

/// <summary>A document as Firestore returned it.</summary>
/// <param name="Path">Relative to the database's documents, <c>outbox/{requestId}</c>.</param>
/// <param name="Fields">What it holds.</param>
/// <param name="CreateTime">Firestore's, microseconds.</param>
/// <param name="UpdateTime">Firestore's, microseconds: the fence of the next write.</param>
public sealed record StoredDocument(string Path, DocumentFields Fields, DateTimeOffset CreateTime, DateTimeOffset UpdateTime)
{
    public string Id => Path[(Path.LastIndexOf('/') + 1)..];
}
