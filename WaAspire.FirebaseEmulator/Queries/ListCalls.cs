using System.Buffers;
using System.Text;
using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>list, listCollectionIds and partitionQuery: the calls that page through names.</summary>
internal sealed class ListCalls(IndexCheck indexes)
{
    private const int MaxPageSize = 300;
    private const string MetadataNeedsAdmin = "Metadata operations require admin authentication.";

    public void List(FirestoreCall call, Utf8JsonWriter json)
    {
        call.AllowParameters("pageSize", "pageToken", "orderBy", "mask.fieldPaths", "showMissing", "transaction", "readTime");
        var source = new QuerySource(string.Join('/', call.Target.Segments.SkipLast(1)), call.Target.Segments[^1], AllDescendants: false);
        var showMissing = call.Parameter("showMissing") == "true";
        var orderBy = call.Parameter("orderBy");
        if (showMissing)
            call.Access.RequireAdmin(MetadataNeedsAdmin);
        if (showMissing && !string.IsNullOrEmpty(orderBy))
            throw RpcException.Invalid("orderBy cannot be combined with showMissing.");

        var size = PageSize(call.Parameter("pageSize"));
        var query = QueryRules.Complete(new Query(source) { Orders = string.IsNullOrEmpty(orderBy) ? [] : QueryJson.ReadOrders(orderBy) });
        query = query with { StartAt = ReadToken(call.Parameter("pageToken")), Limit = size + 1 };
        indexes.Require(query, []);

        var consistency = Consistency.Choose(call);
        // A page is no limit: its token leads on.
        call.Access.RequireList(query, consistency.View, limit: null);
        var found = showMissing ? WithMissing(call, query, consistency.View.Snapshot) : consistency.Run(query).Documents;
        var page = found.Take(size).ToList();
        call.Statistics.CountReads(source.Collection, Math.Max(1, page.Count));

        json.WriteStartObject();
        if (page.Count > 0)
        {
            json.WriteStartArray("documents");
            foreach (var document in page)
                WriteListed(json, call, document);
            json.WriteEndArray();
        }

        if (found.Count > size)
            json.WriteString("nextPageToken", WriteToken(QueryRunner.After(query, page[^1], call.Database.Name)));
        json.WriteEndObject();
    }

    public static void ListCollectionIds(FirestoreCall call, Utf8JsonWriter json)
    {
        call.Access.RequireAdmin(MetadataNeedsAdmin);
        var (size, token) = (MaxPageSize, "");
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "pageSize": size = PageSize(value.ToString()); break;
                case "pageToken": token = RequestJson.Text(value); break;
                case "readTime": selectors.Add(name, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        var prefix = call.Target.Path.Length == 0 ? "" : call.Target.Path + "/";
        var ids = Consistency.Choose(call, selectors).View.Snapshot.CollectionPaths
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => path[prefix.Length..].Split('/')[0])
            .Distinct(StringComparer.Ordinal).Order(PathOrder.ById)
            .Where(id => token.Length == 0 || PathOrder.CompareIds(id, token) > 0)
            .Take(size + 1).ToList();

        json.WriteStartObject();
        if (ids.Count > 0)
        {
            json.WriteStartArray("collectionIds");
            ids.Take(size).ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }

        if (ids.Count > size)
            json.WriteString("nextPageToken", ids[size - 1]);
        json.WriteEndObject();
    }

    /// <summary>Cuts a collection group into parts of about equal size, all in one page.</summary>
    public static void PartitionQuery(FirestoreCall call, Utf8JsonWriter json)
    {
        call.Access.RequireAdmin(MetadataNeedsAdmin);
        Query? query = null;
        var count = 1;
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "structuredQuery": query = QueryJson.Read(value, call.Target.Path); break;
                case "partitionCount": count = RequestJson.Count(value, name); break;
                case "pageSize" or "pageToken": break;
                case "readTime": selectors.Add(name, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        if (query is not { From.AllDescendants: true, Orders.Count: 1, Where: null } || count == 0)
            throw RpcException.Invalid("A query to partition takes one collection group ordered by __name__, and at least one partition.");
        var (result, _) = QueryCalls.Run(call, query, selectors);
        // More cuts than documents would fall on the same places.
        count = Math.Min(count, result.Documents.Count);
        var cuts = Enumerable.Range(1, count)
            .Select(part => (int)((long)result.Documents.Count * part / (count + 1L)))
            .Where(cut => cut > 0).Distinct();

        json.WriteStartObject();
        json.WriteStartArray("partitions");
        foreach (var cut in cuts)
            WriteCursor(json, new([new ReferenceValue(call.Database.Name.NameOf(result.Documents[cut].Path))], Before: true));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>With showMissing, documents that do not exist but have something below them are listed by name only.</summary>
    private static IReadOnlyList<Document> WithMissing(FirestoreCall call, Query query, Snapshot snapshot)
    {
        var collection = snapshot.CollectionAt(query.From.Collection);
        var prefix = query.From.Collection + "/";
        var ids = snapshot.CollectionPaths
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => path[prefix.Length..].Split('/')[0])
            .Concat(collection.Documents.Select(document => document.Path.Id)).Distinct(StringComparer.Ordinal).Order(PathOrder.ById);
        var last = query.StartAt?.Values is [ReferenceValue name] ? call.Database.Name.PathOf(name.Name).Id : null;
        return
        [
            .. ids.Where(id => last is null || PathOrder.CompareIds(id, last) > 0).Take(query.Limit!.Value)
                .Select(id => collection.Find(id) ?? new(new(query.From.Collection, id), MapValue.Empty, 0, 0)),
        ];
    }

    private static void WriteListed(Utf8JsonWriter json, FirestoreCall call, Document document)
    {
        if (document.UpdateTime != 0)
        {
            ValueJson.WriteDocument(json, call.Database.Name, Projection.Of(document, call.MaskParameter("mask")));
            return;
        }

        json.WriteStartObject();
        json.WriteString("name", call.Database.Name.NameOf(document.Path));
        json.WriteEndObject();
    }

    private static int PageSize(string? text) => text is null or "" or "0"
        ? MaxPageSize
        : int.TryParse(text, out var size) && size > 0
            ? Math.Min(size, MaxPageSize)
            : throw RpcException.Invalid("pageSize must not be negative.");

    private static void WriteCursor(Utf8JsonWriter json, Cursor cursor)
    {
        json.WriteStartObject();
        json.WriteStartArray("values");
        foreach (var value in cursor.Values)
            ValueJson.Write(json, value);
        json.WriteEndArray();
        json.WriteBoolean("before", cursor.Before);
        json.WriteEndObject();
    }

    /// <summary>A page token is the cursor behind the page's last document: it survives changes elsewhere.</summary>
    private static string WriteToken(Cursor cursor)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ValueJson.Options))
            WriteCursor(json, cursor);
        return Convert.ToBase64String(buffer.WrittenSpan);
    }

    private static Cursor? ReadToken(string? token)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        try
        {
            return QueryJson.ReadCursor(RequestJson.Parse(Convert.FromBase64String(token)));
        }
        catch (FormatException)
        {
            throw RpcException.Invalid("The page token is invalid.");
        }
    }
}
