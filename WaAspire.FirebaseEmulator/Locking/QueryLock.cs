using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>
/// A shared lock on what a query saw, and on what it would have seen: the whole range, up to the last document that it
/// returned when a limit cut it there.
/// </summary>
internal sealed class QueryLock(Query query, DatabaseName database)
{
    private Value[]? _last;

    /// <summary>Nothing behind the last document of a full page can change the page.</summary>
    public void Narrow(QueryResult result)
    {
        if (query.Limit is { } limit && result.Documents.Count >= limit && result.Documents.Count > 0)
            _last = QueryRunner.KeysOf(result.Documents[^1], query, database);
    }

    public bool Covers(Document? document) =>
        document is not null && IsFrom(document.Path.Collection) && QueryRunner.IsResult(query, database, document)
        && (_last is null || QueryRunner.Compare(query.Orders, QueryRunner.KeysOf(document, query, database)!, _last) <= 0);

    private bool IsFrom(string collection)
    {
        var from = query.From;
        if (!from.AllDescendants)
            return collection == from.Collection;
        return (from.Parent.Length == 0 || collection.StartsWith(from.Parent + "/", StringComparison.Ordinal))
            && (from.CollectionId is null || DocumentPath.CollectionId(collection) == from.CollectionId);
    }
}
