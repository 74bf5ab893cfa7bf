using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>runQuery and runAggregationQuery: refused without an index, remembered by the transaction they run in, and billed.</summary>
internal sealed class QueryCalls(IndexCheck indexes)
{
    public void RunQuery(FirestoreCall call, Utf8JsonWriter json)
    {
        Query? query = null;
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "structuredQuery": query = QueryJson.Read(value, ParentOf(call)); break;
                case "explainOptions": break;
                case var _ when Consistency.IsSelector(name): selectors.Add(name, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        indexes.Require(query ?? throw RpcException.Invalid("structuredQuery is missing."), []);
        var (result, consistency) = Run(call, query, selectors);
        call.Statistics.CountReads(query.From.Collection, Math.Max(1, result.Documents.Count + result.Skipped));

        json.WriteStartArray();
        if (consistency.NewTransaction is { } begun)
            DocumentCalls.WriteTransaction(json, begun);
        WriteResults(call, json, query, result, Timestamps.Format(consistency.View.ReadTime));
        json.WriteEndArray();
    }

    public void RunAggregationQuery(FirestoreCall call, Utf8JsonWriter json)
    {
        Query? query = null;
        IReadOnlyList<Aggregation> aggregations = [];
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "structuredAggregationQuery": (query, aggregations) = ReadAggregationQuery(value, ParentOf(call)); break;
                case "explainOptions": break;
                case var _ when Consistency.IsSelector(name): selectors.Add(name, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        indexes.Require(query ?? throw RpcException.Invalid("structuredAggregationQuery is missing."), aggregations);
        var (result, consistency) = Run(call, query, selectors);
        call.Statistics.CountReads(query.From.Collection, BilledEntries(result));

        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteStartObject("result");
        json.WriteStartObject("aggregateFields");
        foreach (var aggregation in aggregations)
        {
            json.WritePropertyName(aggregation.Alias);
            ValueJson.Write(json, aggregation.Over(result.Documents));
        }

        json.WriteEndObject();
        json.WriteEndObject();
        if (consistency.NewTransaction is { } begun)
            json.WriteString("transaction", begun);
        json.WriteString("readTime", Timestamps.Format(consistency.View.ReadTime));
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>Runs the query at the chosen moment, first building what makes it fast.</summary>
    public static (QueryResult Result, Consistency Consistency) Run(
        FirestoreCall call, Query query, IReadOnlyDictionary<string, JsonElement> selectors)
    {
        var database = call.Database;
        call.Access.RequireNoReadWrite(selectors);
        if (Scan.MissingIndexes(query, database.Read().Snapshot) is { Count: > 0 } missing)
            database.AddIndexes(query.From.Collection, missing);

        var consistency = Consistency.Choose(call, selectors);
        call.Access.RequireList(query, consistency.View, query.Limit);
        return (consistency.Run(query), consistency);
    }

    private static void WriteResults(FirestoreCall call, Utf8JsonWriter json, Query query, QueryResult result, string readTime)
    {
        // The skipped count comes ahead of the documents; a query without a match still tells its read time.
        if (result.Skipped > 0 || result.Documents.Count == 0)
        {
            json.WriteStartObject();
            json.WriteString("readTime", readTime);
            if (result.Skipped > 0)
                json.WriteNumber("skippedResults", result.Skipped);
            json.WriteEndObject();
        }

        foreach (var document in result.Documents)
        {
            json.WriteStartObject();
            json.WritePropertyName("document");
            ValueJson.WriteDocument(json, call.Database.Name, Projection.Of(document, query.Select));
            json.WriteString("readTime", readTime);
            json.WriteEndObject();
        }
    }

    private static string ParentOf(FirestoreCall call) => call.Target.Path.Length == 0 || call.Target.IsDocument
        ? call.Target.Path
        : throw RpcException.Invalid("The parent of a query is the database's documents or one document.");

    private static (Query Query, IReadOnlyList<Aggregation> Aggregations) ReadAggregationQuery(JsonElement element, string parent)
    {
        Query? query = null;
        IReadOnlyList<Aggregation>? aggregations = null;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "structuredQuery")
                query = QueryJson.Read(value, parent);
            else if (name == "aggregations")
                aggregations = Aggregation.ReadAll(value);
            else
                throw RequestJson.Unknown(name);
        }

        return query is not null && aggregations is not null
            ? (query, aggregations)
            : throw RpcException.Invalid("An aggregation query needs a query and aggregations.");
    }

    /// <summary>One read for each thousand index entries, and one when there are none.</summary>
    private static int BilledEntries(QueryResult result) => Math.Max(1, (result.Documents.Count + result.Skipped + 999) / 1000);
}
