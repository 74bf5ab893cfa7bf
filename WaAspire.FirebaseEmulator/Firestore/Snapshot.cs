using System.Collections.Immutable;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>Everything that a database holds at one moment. Readers keep it as long as they like and lock nothing.</summary>
internal sealed class Snapshot
{
    public static readonly Snapshot Empty = new(ImmutableDictionary.Create<string, Collection>(StringComparer.Ordinal));

    private readonly ImmutableDictionary<string, Collection> _collections;

    private Snapshot(ImmutableDictionary<string, Collection> collections) => _collections = collections;

    /// <summary>The paths of all collections that hold a document.</summary>
    public IEnumerable<string> CollectionPaths => _collections.Keys;

    public static Snapshot Of(IEnumerable<Document> documents) => new(documents
        .GroupBy(document => document.Path.Collection, StringComparer.Ordinal)
        .ToImmutableDictionary(group => group.Key, group => Collection.Of(group.Key, group), StringComparer.Ordinal));

    public Collection CollectionAt(string path) => _collections.GetValueOrDefault(path) ?? Collection.Of(path, []);

    public Document? Find(DocumentPath path) => _collections.TryGetValue(path.Collection, out var collection) ? collection.Find(path.Id) : null;

    /// <summary>The collections of one group (all when <paramref name="collectionId"/> is null) below a path, in no order.</summary>
    public IEnumerable<Collection> Group(string parent, string? collectionId) =>
        from collection in _collections
        where parent.Length == 0 || (collection.Key.StartsWith(parent, StringComparison.Ordinal) && collection.Key[parent.Length] == '/')
        where collectionId is null || DocumentPath.CollectionId(collection.Key) == collectionId
        select collection.Value;

    public Snapshot With(Document? before, Document? after)
    {
        var path = (before ?? after)!.Path;
        var collection = CollectionAt(path.Collection);
        if (after is not null && !ReferenceEquals(after.Path.Collection, collection.Path))
            after = after with { Path = before?.Path ?? new(collection.Path, path.Id) };
        collection = collection.With(before, after);
        return new(collection.Count == 0 ? _collections.Remove(path.Collection) : _collections.SetItem(collection.Path, collection));
    }

    /// <summary>Puts in a collection that differs from the present one by its indexes only.</summary>
    public Snapshot With(Collection collection) => new(_collections.SetItem(collection.Path, collection));
}

/// <summary>What a read sees: a snapshot, and the time that it stands for (microseconds).</summary>
internal sealed record ReadView(Snapshot Snapshot, long ReadTime);
