using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// How many index entries a document would have: two for each indexed field, one more for each element of an array,
/// and for a composite index one for each element of its array. Too many are refused, as a long array in an indexed
/// field would be in production.
/// </summary>
/// <remarks>https://firebase.google.com/docs/firestore/quotas#indexes</remarks>
internal static class IndexEntries
{
    private const int MaxEntries = 40_000;

    public static void Check(Document document, IndexCatalog catalog)
    {
        // Small documents cannot come near it, and most are small.
        if (Values(document.Fields) * 3 < MaxEntries)
            return;
        var collectionId = DocumentPath.CollectionId(document.Path.Collection);
        var entries = Singles(document.Fields, [], collectionId, catalog)
            + catalog.CompositesOf(collectionId, group: false).Concat(catalog.CompositesOf(collectionId, group: true)).Sum(index => Of(index, document));
        if (entries > MaxEntries)
            throw RpcException.Invalid($"too many index entries for entity {document.Path.Collection}: {entries}, at most {MaxEntries} are allowed.");
    }

    private static long Values(Value value) => value switch
    {
        MapValue map => 1 + map.Fields.Values.Sum(Values),
        ArrayValue array => 1 + array.Items.Sum(Values),
        _ => 1,
    };

    private static long Singles(MapValue map, string[] above, string collectionId, IndexCatalog catalog) => map.Fields.Sum(field =>
    {
        string[] path = [.. above, field.Key];
        if (field.Value is MapValue { Vector: null } inner)
            return Singles(inner, path, collectionId, catalog);
        var name = new FieldPath(path);
        var entries = Count(collectionId, name, IndexMode.Ascending, catalog) + Count(collectionId, name, IndexMode.Descending, catalog);
        return field.Value is ArrayValue array ? entries + (array.Items.Count * Count(collectionId, name, IndexMode.Contains, catalog)) : entries;
    });

    private static long Count(string collectionId, FieldPath field, IndexMode mode, IndexCatalog catalog) =>
        (catalog.HasSingle(collectionId, false, field, mode) ? 1 : 0) + (catalog.HasSingle(collectionId, true, field, mode) ? 1 : 0);

    private static long Of(CompositeIndex index, Document document)
    {
        var values = index.Fields.Where(field => !field.Field.IsDocumentName).Select(field => (field.Mode, Value: field.Field.In(document.Fields))).ToList();
        if (values.Exists(value => value.Value is null))
            return 0;
        return values.FirstOrDefault(value => value.Mode == IndexMode.Contains).Value is ArrayValue array ? array.Items.Count : 1;
    }
}
