namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>One stored value, immutable. The ranks are Firestore's type order.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering</remarks>
internal abstract class Value
{
    public abstract ValueRank Rank { get; }
}

internal enum ValueRank
{
    Null,
    Boolean,
    Number,
    Timestamp,
    String,
    Bytes,
    Reference,
    GeoPoint,
    Array,
    Vector,
    Map,
}

internal sealed class NullValue : Value
{
    public static readonly NullValue Instance = new();

    public override ValueRank Rank => ValueRank.Null;
}

internal sealed class BooleanValue(bool content) : Value
{
    public bool Content => content;

    public override ValueRank Rank => ValueRank.Boolean;
}

internal sealed class IntegerValue(long content) : Value
{
    public long Content => content;

    public override ValueRank Rank => ValueRank.Number;
}

internal sealed class DoubleValue(double content) : Value
{
    public double Content => content;

    public override ValueRank Rank => ValueRank.Number;
}

/// <param name="micros">Microseconds since 1970.</param>
internal sealed class TimestampValue(long micros) : Value
{
    public long Micros => micros;

    public override ValueRank Rank => ValueRank.Timestamp;
}

internal sealed class StringValue(string content) : Value
{
    public string Content => content;

    public override ValueRank Rank => ValueRank.String;
}

internal sealed class BytesValue(byte[] content) : Value
{
    public byte[] Content => content;

    public override ValueRank Rank => ValueRank.Bytes;
}

/// <param name="name">The full name: <c>projects/…/databases/…/documents/…</c>.</param>
internal sealed class ReferenceValue(string name) : Value
{
    public string Name => name;

    public override ValueRank Rank => ValueRank.Reference;
}

internal sealed class GeoPointValue(double latitude, double longitude) : Value
{
    public double Latitude => latitude;

    public double Longitude => longitude;

    public override ValueRank Rank => ValueRank.GeoPoint;
}

internal sealed class ArrayValue(IReadOnlyList<Value> items) : Value
{
    public IReadOnlyList<Value> Items => items;

    public override ValueRank Rank => ValueRank.Array;
}

/// <summary>A map, or a whole document's fields. Whoever builds the dictionary hands it over and never changes it again.</summary>
internal sealed class MapValue(Dictionary<string, Value> content) : Value
{
    public static readonly MapValue Empty = new([]);

    public static readonly MapValue EmptyVector = new(new() { ["__type__"] = new StringValue("__vector__"), ["value"] = new ArrayValue([]) });

    public IReadOnlyDictionary<string, Value> Fields { get; } = content.Count <= CompactFields.MaxCount ? new CompactFields(content) : content;

    /// <summary>A vector travels as a map with a marker; its type order is its own.</summary>
    public IReadOnlyList<Value>? Vector =>
        Fields.TryGetValue("__type__", out var type) && type is StringValue { Content: "__vector__" } && Fields.GetValueOrDefault("value") is ArrayValue value
            ? value.Items
            : null;

    public override ValueRank Rank => Vector is null ? ValueRank.Map : ValueRank.Vector;

    public Dictionary<string, Value> Copy() => new(Fields, StringComparer.Ordinal);
}
