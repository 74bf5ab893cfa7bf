using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// Refuses what production would refuse for want of an index, so that such a query is found here and not there.
/// Each conjunction of the query must be served: its equalities (and one contains) by indexes that go on with exactly
/// the query's orders, several of them merged if need be.
/// </summary>
/// <remarks>https://firebase.google.com/docs/firestore/query-data/index-overview</remarks>
internal sealed class IndexCheck(IndexCatalog catalog, bool isOn = true)
{
    private static readonly IndexField NameDown = new(FieldPath.DocumentName, IndexMode.Descending);
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool IsOn => isOn;

    public void Require(Query query, IReadOnlyList<Aggregation> aggregations)
    {
        // Every document has its name indexed: a query over all collections can use nothing else.
        if (!isOn || query.From is not { CollectionId: { } collectionId, AllDescendants: var group })
            return;
        var missing = query.Conjunctions
            .Select(conjunction => Need.Of(query, conjunction, aggregations))
            .FirstOrDefault(need => !IsServed(need, collectionId, group));
        if (missing is not null)
        {
            throw new RpcException(
                RpcCode.FailedPrecondition,
                $"The query requires an index. Add to firestore.indexes.json: {Suggest(missing, collectionId, group)}");
        }
    }

    private bool IsServed(Need need, string collectionId, bool group)
    {
        var declared = catalog.CompositesOf(collectionId, group).ToList();
        // Names are indexed upwards only; downwards is an index like any other.
        if (need.Fixed.Count == 0 && need.Sorted.Count == 0)
            return !need.NameDescending || declared.Exists(index => index.Fields is [var name] && name == NameDown);

        IEnumerable<IReadOnlyList<IndexField>?> composites = declared.Select(index => Prefix(index, need));
        var singles = Singles(need, collectionId, group);
        var prefixes = composites.Concat(singles).OfType<IReadOnlyList<IndexField>>().ToList();
        return prefixes.Count > 0 && need.Fixed.All(wanted => prefixes.Exists(prefix => prefix.Any(field => Serves(field, wanted))));
    }

    /// <summary>The equality part of a composite whose rest is exactly the sorted part; null when it does not fit.</summary>
    private static List<IndexField>? Prefix(CompositeIndex index, Need need)
    {
        var nameDescending = index.Fields[^1] switch
        {
            { Field.IsDocumentName: true } explicitName => explicitName.Mode == IndexMode.Descending,
            var last => last.Mode == IndexMode.Descending,
        };
        var fields = index.Fields.Where(field => !field.Field.IsDocumentName).ToList();
        var prefix = fields.SkipLast(need.Sorted.Count).ToList();
        var fits = fields.Count >= need.Sorted.Count
            && fields.TakeLast(need.Sorted.Count).SequenceEqual(need.Sorted)
            && prefix.TrueForAll(field => need.Fixed.Any(wanted => Serves(field, wanted)))
            && (need.Sorted.Count == 0 || nameDescending == need.NameDescending);
        return fits ? prefix : null;
    }

    private IEnumerable<IReadOnlyList<IndexField>> Singles(Need need, string collectionId, bool group)
    {
        if (need.Sorted.Count == 0)
            return need.Fixed.Where(field => HasSingle(collectionId, group, field)).Select(field => (IReadOnlyList<IndexField>)[field]);
        // One sorted field alone; its index tells nothing about equalities on other fields.
        return need.Sorted is [var only] && (only.Mode == IndexMode.Descending) == need.NameDescending
            && catalog.HasSingle(collectionId, group, only.Field, only.Mode) ? [[]] : [];
    }

    private bool HasSingle(string collectionId, bool group, IndexField field)
    {
        IndexMode[] usable = field.Mode == IndexMode.Contains ? [IndexMode.Contains] : [IndexMode.Ascending, IndexMode.Descending];
        return usable.Any(mode => catalog.HasSingle(collectionId, group, field.Field, mode));
    }

    /// <summary>An equality is served by either direction.</summary>
    private static bool Serves(IndexField field, IndexField wanted) =>
        field.Field == wanted.Field && (field.Mode == IndexMode.Contains) == (wanted.Mode == IndexMode.Contains);

    private static string Suggest(Need need, string collectionId, bool group)
    {
        IndexField[] fields = [.. need.Fixed, .. need.Sorted];
        if (fields.Length == 0)
            fields = [NameDown];
        return new JsonObject
        {
            ["collectionGroup"] = collectionId,
            ["queryScope"] = group ? "COLLECTION_GROUP" : "COLLECTION",
            ["fields"] = new JsonArray([.. fields.Select(Describe)]),
        }.ToJsonString(Readable);
    }

    private static JsonObject Describe(IndexField field) => field.Mode == IndexMode.Contains
        ? new JsonObject { ["fieldPath"] = field.Field.Text, ["arrayConfig"] = "CONTAINS" }
        : new JsonObject { ["fieldPath"] = field.Field.Text, ["order"] = field.Mode == IndexMode.Descending ? "DESCENDING" : "ASCENDING" };

    /// <summary>What one conjunction asks of an index.</summary>
    /// <param name="Fixed">Fields pinned to a value, in any order and direction.</param>
    /// <param name="Sorted">Fields that follow, in exactly this order and direction; the name comes last by itself.</param>
    private sealed record Need(IReadOnlyList<IndexField> Fixed, IReadOnlyList<IndexField> Sorted, bool NameDescending)
    {
        public static Need Of(Query query, IReadOnlyList<FieldFilter> conjunction, IReadOnlyList<Aggregation> aggregations)
        {
            var equal = conjunction.Where(filter => filter.IsEquality && !filter.Field.IsDocumentName)
                .Select(filter => new IndexField(filter.Field, IndexMode.Ascending));
            var contains = conjunction.Where(filter => filter.IsContains)
                .Select(filter => new IndexField(filter.Field, IndexMode.Contains));
            IndexField[] pinned = [.. equal.Concat(contains).Distinct()];
            // Order by a field that is pinned to one value orders nothing.
            var sorted = query.Orders
                .Where(order => !order.Field.IsDocumentName && !IsPinned(pinned, order.Field))
                .Select(order => new IndexField(order.Field, order.Descending ? IndexMode.Descending : IndexMode.Ascending)).ToList();
            // sum and avg read the field from the index, so it must be there as well.
            sorted.AddRange(aggregations.Select(aggregation => aggregation.Field).OfType<FieldPath>().Distinct()
                .Where(field => !IsPinned(pinned, field) && sorted.TrueForAll(one => one.Field != field))
                .Select(field => new IndexField(field, IndexMode.Ascending)));
            return new(pinned, sorted, query.Orders[^1].Descending);
        }

        private static bool IsPinned(IEnumerable<IndexField> pinned, FieldPath field) =>
            pinned.Any(one => one.Field == field && one.Mode != IndexMode.Contains);
    }
}
