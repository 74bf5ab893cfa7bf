using System.Text.Json;
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

/// <summary>
/// The indexes that a database has: the declared composites, and for each field those of one field, which are
/// automatic (ascending, descending and contains, single collections only) unless an override says otherwise.
/// </summary>
/// <remarks>https://firebase.google.com/docs/reference/firestore/indexes</remarks>
internal sealed class IndexCatalog
{
    private readonly Dictionary<(string CollectionId, string Field), HashSet<(bool Group, IndexMode Mode)>> _overrides = [];
    private readonly List<CompositeIndex> _composites = [];

    /// <summary>Automatic indexes only.</summary>
    public static IndexCatalog Automatic => new();

    public static IndexCatalog Load(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file), new() { CommentHandling = JsonCommentHandling.Skip });
        var catalog = new IndexCatalog();
        foreach (var index in Items(document.RootElement, "indexes"))
            catalog._composites.Add(ReadComposite(index));
        foreach (var change in Items(document.RootElement, "fieldOverrides"))
        {
            var key = (change.GetProperty("collectionGroup").GetString()!, ReadField(change).Text);
            catalog._overrides[key] = [.. Items(change, "indexes").Select(index => (IsGroup(index), ReadMode(index)))];
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

    private static CompositeIndex ReadComposite(JsonElement index) => new(
        index.GetProperty("collectionGroup").GetString()!,
        IsGroup(index),
        [.. Items(index, "fields").Select(field => new IndexField(ReadField(field), ReadMode(field)))]);

    private static FieldPath ReadField(JsonElement element) => FieldPath.Parse(element.GetProperty("fieldPath").GetString()!);

    private static bool IsGroup(JsonElement index) =>
        index.TryGetProperty("queryScope", out var scope) && scope.GetString() == "COLLECTION_GROUP";

    private static IndexMode ReadMode(JsonElement index)
    {
        if (index.TryGetProperty("order", out var order))
            return order.GetString() == "DESCENDING" ? IndexMode.Descending : IndexMode.Ascending;
        return index.TryGetProperty("arrayConfig", out _)
            ? IndexMode.Contains
            : throw new JsonException("An index names an order or an arrayConfig.");
    }

    private static List<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) ? [.. items.EnumerateArray()] : [];
}
