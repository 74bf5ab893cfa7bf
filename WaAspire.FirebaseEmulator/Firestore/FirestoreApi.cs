using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Enforcement;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// Firestore's REST surface. In: one HTTP request of any of Google's clients, or of ours. Out: Firestore's own answer,
/// or its error body. A call is read whole, run against the database, buffered, and then answered: a refused call has
/// sent nothing, and a fault can be put before or behind its effect.
/// </summary>
internal sealed class FirestoreApi(
    Databases databases, FaultGate gate, Statistics statistics, QueryCalls queries, ListCalls lists, RulesStore rules, ILogger<Access> log)
{
    // These stream their answer as an array, and their error comes as an array of one.
    private static readonly HashSet<string> Streaming = ["batchGet", "runQuery", "runAggregationQuery"];

    public void Map(IEndpointRouteBuilder routes) => routes.Map("/v1/{**path}", HandleAsync);

    private async Task HandleAsync(HttpContext context)
    {
        var operation = "unknown";
        try
        {
            var target = FirestoreTarget.Parse(context.Request.Method, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            (operation, var handle) = Route(context.Request.Method, target);
            var body = await RequestBody.ReadAsync(context.Request, Limits.MaxRequestBytes);
            statistics.CountCall(operation);
            await gate.RunAsync(context, operation, body, () =>
            {
                var database = databases.Of(target.Project);
                var access = new Access(rules, Caller.Of(context.Request), database.Name, log);
                var call = new FirestoreCall(target, database, RequestJson.Parse(body), context.Request.Query, access, statistics);
                var answer = new ArrayBufferWriter<byte>();
                using (var json = new Utf8JsonWriter(answer, ValueJson.Options))
                    handle(call, json);
                return answer.WrittenMemory;
            });
        }
        catch (RpcException refused)
        {
            await RpcErrors.WriteAsync(context, refused.Code, refused.Message, Streaming.Contains(operation));
        }
    }

    private (string Operation, Action<FirestoreCall, Utf8JsonWriter> Handle) Route(string method, FirestoreTarget target) =>
        (method, target.Verb) switch
        {
            ("POST", "commit") => ("commit", CommitCalls.Commit),
            ("POST", "batchWrite") => ("batchWrite", CommitCalls.BatchWrite),
            ("POST", "beginTransaction") => ("beginTransaction", CommitCalls.BeginTransaction),
            ("POST", "rollback") => ("rollback", CommitCalls.Rollback),
            ("POST", "batchGet") => ("batchGet", DocumentCalls.BatchGet),
            ("POST", "runQuery") => ("runQuery", queries.RunQuery),
            ("POST", "runAggregationQuery") => ("runAggregationQuery", queries.RunAggregationQuery),
            ("POST", "listCollectionIds") => ("listCollectionIds", ListCalls.ListCollectionIds),
            ("POST", "partitionQuery") => ("partitionQuery", ListCalls.PartitionQuery),
            ("POST", null) when target.Segments.Count % 2 == 1 => ("create", DocumentCalls.Create),
            ("GET", null) when target.IsDocument => ("get", DocumentCalls.Get),
            ("GET", null) when target.Segments.Count > 0 => ("list", lists.List),
            ("PATCH", null) when target.IsDocument => ("patch", DocumentCalls.Patch),
            ("DELETE", null) when target.IsDocument => ("delete", DocumentCalls.Delete),
            _ => throw new RpcException(RpcCode.NotFound, "Not found."),
        };
}

/// <summary>The databases, one for each project; a project begins with its first call.</summary>
internal sealed class Databases(TimeProvider time, int maxHistoryVersions)
{
    private const int MaxProjects = 1000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Database> _byProject = new(StringComparer.Ordinal);

    public Database Of(string project)
    {
        lock (_lock)
        {
            if (_byProject.TryGetValue(project, out var known))
                return known;
            if (_byProject.Count >= MaxProjects)
                throw new RpcException(RpcCode.ResourceExhausted, $"At most {MaxProjects} projects are kept.");
            return _byProject[project] = new(new(project), time, new(maxHistoryVersions));
        }
    }
}
