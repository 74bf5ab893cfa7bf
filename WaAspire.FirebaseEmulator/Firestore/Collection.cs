using System.Collections.Immutable;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The documents of one collection by name, and the other orders that queries have asked for so far. Immutable: a
/// change gives a new collection, and whoever still reads the old one is not disturbed.
/// </summary>
internal sealed class Collection
{
    private readonly ImmutableDictionary<string, OrderedIndex> _indexes;

    private Collection(string path, OrderedIndex byName, ImmutableDictionary<string, OrderedIndex> indexes)
    {
        Path = path;
        ByName = byName;
        _indexes = indexes;
    }

    /// <summary>One string for all its documents: a million copies of a path are dear.</summary>
    public string Path { get; }

    public OrderedIndex ByName { get; }

    public int Count => ByName.Count;

    public int Indexes => _indexes.Count;

    public IEnumerable<Document> Documents => ByName.Documents;

    public static Collection Of(string path, IEnumerable<Document> documents) =>
        new(path, OrderedIndex.Over(IndexShape.ByName, documents), ImmutableDictionary<string, OrderedIndex>.Empty);

    public Document? Find(string id) => Count == 0 ? null : ByName.Find(new([], new(Path, id), 0));

    public OrderedIndex? IndexOf(IndexShape shape) => shape.Text == IndexShape.ByName.Text ? ByName : _indexes.GetValueOrDefault(shape.Text);

    public Collection With(Document? before, Document? after)
    {
        var indexes = _indexes;
        foreach (var (shape, index) in _indexes)
            indexes = indexes.SetItem(shape, index.With(before, after));
        return new(Path, ByName.With(before, after), indexes);
    }

    public Collection WithIndex(IndexShape shape) =>
        IndexOf(shape) is null ? new(Path, ByName, _indexes.Add(shape.Text, OrderedIndex.Over(shape, Documents))) : this;
}
