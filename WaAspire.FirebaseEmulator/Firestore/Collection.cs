using System.Collections.Immutable;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The documents of one collection by id, and the field indexes that queries have asked for so far. Immutable: a
/// change gives a new collection, and whoever still reads the old one is not disturbed.
/// </summary>
internal sealed class Collection
{
    public static readonly Collection Empty = new(
        ImmutableSortedDictionary.Create<string, Document>(PathOrder.ById), ImmutableDictionary<string, FieldIndex>.Empty);

    private Collection(ImmutableSortedDictionary<string, Document> documents, ImmutableDictionary<string, FieldIndex> indexes)
    {
        Documents = documents;
        Indexes = indexes;
    }

    public ImmutableSortedDictionary<string, Document> Documents { get; }

    public ImmutableDictionary<string, FieldIndex> Indexes { get; }

    public Collection With(string id, Document? after)
    {
        var before = Documents.GetValueOrDefault(id);
        var documents = after is null ? Documents.Remove(id) : Documents.SetItem(id, after);
        var indexes = Indexes;
        foreach (var (field, index) in Indexes)
            indexes = indexes.SetItem(field, index.With(before, after));
        return new(documents, indexes);
    }

    public Collection WithIndex(FieldPath field) =>
        Indexes.ContainsKey(field.Text) ? this : new(Documents, Indexes.Add(field.Text, FieldIndex.Over(field, Documents.Values)));
}

/// <summary>
/// The values of one field in order, to find candidates without reading a whole collection. It only makes queries
/// fast; whether a query may run at all is the business of the index check.
/// </summary>
internal sealed class FieldIndex
{
    private readonly FieldPath _field;
    private readonly ImmutableSortedSet<Entry> _entries;

    private FieldIndex(FieldPath field, ImmutableSortedSet<Entry> entries)
    {
        _field = field;
        _entries = entries;
    }

    public static FieldIndex Over(FieldPath field, IEnumerable<Document> documents) =>
        new(field, documents.SelectMany(document => EntryOf(field, document)).ToImmutableSortedSet(EntryOrder.Instance));

    public FieldIndex With(Document? before, Document? after)
    {
        var (old, fresh) = (before is null ? null : _field.In(before.Fields), after is null ? null : _field.In(after.Fields));
        if (old is not null && fresh is not null && ValueOrder.Same(old, fresh))
            return this;
        var entries = old is null ? _entries : _entries.Remove(new(old, before!.Path.Id));
        return new(_field, fresh is null ? entries : entries.Add(new(fresh, after!.Path.Id)));
    }

    /// <summary>The places of the entries between two values, both included; null is open.</summary>
    public (int From, int To) Range(Value? lower, Value? upper) =>
        (lower is null ? 0 : Place(new(lower, "", Side: -1)), upper is null ? _entries.Count : Place(new(upper, "", Side: +1)));

    public IEnumerable<string> Ids(int from, int to)
    {
        for (var index = from; index < to; index++)
            yield return _entries[index].Id;
    }

    private static IEnumerable<Entry> EntryOf(FieldPath field, Document document) =>
        field.In(document.Fields) is { } value ? [new(value, document.Path.Id)] : [];

    private int Place(Entry bound) => ~_entries.IndexOf(bound);

    /// <param name="Value">The field's value.</param>
    /// <param name="Id">The document's.</param>
    /// <param name="Side">-1 and +1 are bounds that lie before and behind all documents with this value.</param>
    private readonly record struct Entry(Value Value, string Id, int Side = 0);

    private sealed class EntryOrder : IComparer<Entry>
    {
        public static readonly EntryOrder Instance = new();

        public int Compare(Entry x, Entry y)
        {
            var order = ValueOrder.Compare(x.Value, y.Value);
            if (order == 0)
                order = x.Side.CompareTo(y.Side);
            return order != 0 ? order : PathOrder.CompareIds(x.Id, y.Id);
        }
    }
}
