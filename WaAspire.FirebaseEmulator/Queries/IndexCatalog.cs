using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

internal enum IndexMode
{
    Ascending,
    Descending,
    Contains,
}

internal sealed record IndexField(FieldPath Field, IndexMode Mode);

/// <param name="Group">Whether it serves the collection group rather than single collections.</param>
internal sealed record CompositeIndex(string CollectionId, bool Group, IReadOnlyList<IndexField> Fields);

/// <summary>Documents of a collection group vanish some time after the timestamp in this field.</summary>
internal sealed record TtlPolicy(string CollectionId, FieldPath Field);

/// <summary>
/// The indexes that a database has: the declared composites, and for each field those of one field, which are
/// automatic (ascending, descending and contains, single collections only) unless an override says otherwise.
/// </summary>
/// <remarks>https://firebase.google.com/docs/reference/firestore/indexes</remarks>
internal sealed class IndexCatalog
{
    private readonly Dictionary<(string CollectionId, string Field), HashSet<(bool Group, IndexMode Mode)>> _overrides = [];
    private readonly List<CompositeIndex> _composites = [];
    private readonly List<TtlPolicy> _ttl = [];

    /// <summary>Automatic indexes only.</summary>
    public static IndexCatalog Automatic => new();

    public IReadOnlyList<TtlPolicy> TtlPolicies => _ttl;

    /// <exception cref="StartException">The file is missing or malformed.</exception>
    public static IndexCatalog Load(string file)
    {
        var declared = IndexFile.Read(file);
        var catalog = new IndexCatalog();
        catalog._composites.AddRange(declared.Indexes.Select(index => new CompositeIndex(
            index.CollectionGroup, index.IsGroup, [.. index.Fields.Select(field => new IndexField(field.FieldPath, field.Mode))])));
        foreach (var change in declared.FieldOverrides)
        {
            if (change.Indexes is { } indexes)
                catalog._overrides[(change.CollectionGroup, change.FieldPath.Text)] = [.. indexes.Select(index => (index.IsGroup, index.Mode))];
            if (change.Ttl)
                catalog._ttl.Add(new(change.CollectionGroup, change.FieldPath));
        }

        return catalog;
    }

    public IEnumerable<CompositeIndex> CompositesOf(string collectionId, bool group) =>
        _composites.Where(index => index.CollectionId == collectionId && index.Group == group);

    /// <summary>An override of a map counts for the fields inside it, unless they have one of their own.</summary>
    public bool HasSingle(string collectionId, bool group, FieldPath field, IndexMode mode)
    {
        for (var length = field.Segments.Count; length > 0; length--)
        {
            if (_overrides.TryGetValue((collectionId, new FieldPath([.. field.Segments.Take(length)]).Text), out var modes))
                return modes.Contains((group, mode));
        }

        return !group;
    }
}
