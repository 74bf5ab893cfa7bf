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

    public Collection CollectionAt(string path) => _collections.GetValueOrDefault(path, Collection.Empty);

    public Document? Find(DocumentPath path) => CollectionAt(path.Collection).Documents.GetValueOrDefault(path.Id);

    /// <summary>The collections of one group (all when <paramref name="collectionId"/> is null) below a path, in no order.</summary>
    public IEnumerable<Collection> Group(string parent, string? collectionId) =>
        from collection in _collections
        where parent.Length == 0 || (collection.Key.StartsWith(parent, StringComparison.Ordinal) && collection.Key[parent.Length] == '/')
        where collectionId is null || DocumentPath.CollectionId(collection.Key) == collectionId
        select collection.Value;

    public Snapshot With(DocumentPath path, Document? after)
    {
        var collection = CollectionAt(path.Collection).With(path.Id, after);
        return new(collection.Documents.IsEmpty ? _collections.Remove(path.Collection) : _collections.SetItem(path.Collection, collection));
    }

    public Snapshot WithIndex(string collection, FieldPath field) =>
        _collections.TryGetValue(collection, out var found) ? new(_collections.SetItem(collection, found.WithIndex(field))) : this;
}

/// <summary>What a read sees: a snapshot, and the time that it stands for (microseconds).</summary>
internal sealed record ReadView(Snapshot Snapshot, long ReadTime);
