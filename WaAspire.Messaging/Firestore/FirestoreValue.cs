namespace WaAspire.Messaging.Firestore;

/// <summary>
/// One Firestore value, immutable. Only the kinds that this product stores have a factory; every other kind that a
/// document may hold is kept as it came, so that a read followed by a write loses nothing.
/// </summary>
/// <remarks>Wire form: https://firebase.google.com/docs/firestore/reference/rest/v1/Value</remarks>
public sealed class FirestoreValue : IEquatable<FirestoreValue>
{
    public static readonly FirestoreValue Null = new(FirestoreValueKind.Null, null);

    internal FirestoreValue(FirestoreValueKind kind, object? content)
    {
        Kind = kind;
        Content = content;
    }

    public FirestoreValueKind Kind { get; }

    /// <summary>bool, long, double, DateTimeOffset, string (also bytes, reference and raw JSON), array or map, by <see cref="Kind"/>.</summary>
    internal object? Content { get; }

    public string? AsString => Kind == FirestoreValueKind.String ? (string?)Content : null;

    public long? AsInteger => Kind == FirestoreValueKind.Integer ? (long?)Content : null;

    public double? AsDouble => Kind == FirestoreValueKind.Double ? (double?)Content : null;

    public bool? AsBoolean => Kind == FirestoreValueKind.Boolean ? (bool?)Content : null;

    /// <summary>Microseconds survive: a tick is 100 ns.</summary>
    public DateTimeOffset? AsTimestamp => Kind == FirestoreValueKind.Timestamp ? (DateTimeOffset?)Content : null;

    public DocumentFields? AsMap => Kind == FirestoreValueKind.Map ? (DocumentFields?)Content : null;

    public IReadOnlyList<FirestoreValue>? AsArray => Kind == FirestoreValueKind.Array ? (IReadOnlyList<FirestoreValue>?)Content : null;

    public static FirestoreValue From(string? value) => value is null ? Null : new(FirestoreValueKind.String, value);

    public static FirestoreValue From(long value) => new(FirestoreValueKind.Integer, value);

    public static FirestoreValue From(double value) => new(FirestoreValueKind.Double, value);

    public static FirestoreValue From(bool value) => new(FirestoreValueKind.Boolean, value);

    public static FirestoreValue From(DateTimeOffset value) => new(FirestoreValueKind.Timestamp, value.ToUniversalTime());

    public static FirestoreValue From(DocumentFields value) => new(FirestoreValueKind.Map, value);

    public static FirestoreValue From(IEnumerable<FirestoreValue> values) => new(FirestoreValueKind.Array, values.ToArray());

    public static FirestoreValue From(IEnumerable<string> values) => From(values.Select(value => From(value)));

    public static implicit operator FirestoreValue(string? value) => From(value);

    public static implicit operator FirestoreValue(long value) => From(value);

    public static implicit operator FirestoreValue(bool value) => From(value);

    public static implicit operator FirestoreValue(DateTimeOffset value) => From(value);

    public bool Equals(FirestoreValue? other) => other is not null && Kind == other.Kind && (Content, other.Content) switch
    {
        (IReadOnlyList<FirestoreValue> mine, IReadOnlyList<FirestoreValue> theirs) => mine.SequenceEqual(theirs),
        (DocumentFields mine, DocumentFields theirs) =>
            mine.Count == theirs.Count && mine.All(field => theirs.TryGetValue(field.Key, out var value) && field.Value.Equals(value)),
        _ => Equals(Content, other.Content),
    };

    public override bool Equals(object? obj) => Equals(obj as FirestoreValue);

    public override int GetHashCode() => Content is string or long or bool or double or DateTimeOffset ? HashCode.Combine(Kind, Content) : (int)Kind;

    /// <summary>The kind only: a value may be somebody's words.</summary>
    public override string ToString() => Kind.ToString();
}

/// <summary>Firestore's value kinds. <see cref="Raw"/> is any other kind, kept as the JSON it came in.</summary>
public enum FirestoreValueKind
{
    Null,
    Boolean,
    Integer,
    Double,
    Timestamp,
    String,
    Array,
    Map,
    Raw,
}
