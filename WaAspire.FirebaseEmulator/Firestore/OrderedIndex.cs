using System.Collections.Immutable;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>By which fields an index sorts, the name always last.</summary>
internal sealed class IndexShape(IReadOnlyList<Order> orders)
{
    public static readonly IndexShape ByName = new([new(FieldPath.DocumentName, false)]);

    public IReadOnlyList<Order> Orders => orders;

    /// <summary>Tells two shapes apart.</summary>
    public string Text { get; } = string.Join(',', orders.Select(order => order.Descending ? $"-{order.Field}" : $"+{order.Field}"));
}

/// <summary>
/// The documents of one collection in one order; those that lack one of its fields are not in it. Immutable. It holds
/// the documents themselves and no keys: memory for a million of them counts more than a look-up at each comparison.
/// </summary>
/// <remarks>It only makes queries fast; whether a query may run at all is the business of the index check.</remarks>
internal sealed class OrderedIndex
{
    private readonly IndexShape _shape;
    private readonly ImmutableSortedSet<Entry> _entries;

    private OrderedIndex(IndexShape shape, ImmutableSortedSet<Entry> entries)
    {
        _shape = shape;
        _entries = entries;
    }

    public int Count => _entries.Count;

    public Document this[int place] => _entries[place].Document!;

    public IEnumerable<Document> Documents => _entries.Select(entry => entry.Document!);

    public static OrderedIndex Over(IndexShape shape, IEnumerable<Document> documents) => new(
        shape, documents.Where(document => Holds(shape, document)).Select(document => new Entry(document)).ToImmutableSortedSet(new EntryOrder(shape)));

    public OrderedIndex With(Document? before, Document? after)
    {
        var entries = before is not null && Holds(_shape, before) ? _entries.Remove(new(before)) : _entries;
        return new(_shape, after is not null && Holds(_shape, after) ? entries.Add(new(after)) : entries);
    }

    /// <summary>The document with this key; for a whole key only.</summary>
    public Document? Find(IndexBound bound) => _entries.TryGetValue(new(bound), out var found) ? found.Document : null;

    /// <summary>The place of the first document behind the bound.</summary>
    public int Place(IndexBound bound) => ~_entries.IndexOf(new(bound));

    private static bool Holds(IndexShape shape, Document document)
    {
        foreach (var order in shape.Orders)
        {
            if (!order.Field.IsDocumentName && order.Field.In(document.Fields) is null)
                return false;
        }

        return true;
    }

    /// <summary>A document, or a bound to look for; one of both is set.</summary>
    private readonly record struct Entry(Document? Document, IndexBound? Bound)
    {
        public Entry(Document document)
            : this(document, null)
        {
        }

        public Entry(IndexBound bound)
            : this(null, bound)
        {
        }

        public Value? KeyAt(int place, FieldPath field) =>
            Document is { } document ? field.In(document.Fields) : place < Bound!.Keys.Count ? Bound.Keys[place] : null;

        public DocumentPath? Name => Document is { } document ? document.Path : Bound!.Name;

        public int Side => Bound?.Side ?? 0;
    }

    private sealed class EntryOrder(IndexShape shape) : IComparer<Entry>
    {
        private readonly Order[] _orders = [.. shape.Orders];

        public int Compare(Entry x, Entry y)
        {
            for (var place = 0; place < _orders.Length; place++)
            {
                var (field, descending) = (_orders[place].Field, _orders[place].Descending);
                int order;
                if (field.IsDocumentName)
                {
                    if (x.Name is not { } mine || y.Name is not { } theirs)
                        break;
                    order = mine.CompareTo(theirs);
                }
                else
                {
                    if (x.KeyAt(place, field) is not { } mine || y.KeyAt(place, field) is not { } theirs)
                        break;
                    order = ValueOrder.Compare(mine, theirs);
                }

                if (order != 0)
                    return descending ? -order : order;
            }

            return x.Side.CompareTo(y.Side);
        }
    }
}

/// <summary>A place between documents.</summary>
/// <param name="Keys">Values for the first orders.</param>
/// <param name="Name">The name, when all other orders have a value.</param>
/// <param name="Side">-1 lies before all documents with these keys, +1 behind them, 0 is the document itself.</param>
internal sealed record IndexBound(IReadOnlyList<Value> Keys, DocumentPath? Name, int Side);
