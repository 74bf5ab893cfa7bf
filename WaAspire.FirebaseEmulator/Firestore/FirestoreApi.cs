using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Persistence;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Enforcement;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// Firestore's REST surface. In: one HTTP request of any of Google's clients, or of ours. Out: Firestore's own answer,
/// or its error body. A call is read whole, run against the database, buffered, and then answered: a refused call has
/// sent nothing, and a fault can be put before or behind its effect. No answer leaves before everything that it could
/// have seen is stored.
/// </summary>
internal sealed class FirestoreApi(
    Databases databases, IJournal journal, RulesStore rules, FaultGate gate, Statistics statistics, QueryCalls queries, ListCalls lists,
    TimeProvider time, ILogger<Access> log)
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
            await gate.RunAsync(context, operation, body, stopped =>
            {
                var database = databases.Of(target.Project);
                var access = new Access(rules, Caller.Of(context.Request), database.Name, log);
                return RunAsync(handle, new(target, database, RequestJson.Parse(body), context.Request.Query, access, statistics), stopped);
            });
        }
        catch (RpcException refused)
        {
            await RpcErrors.WriteAsync(context, refused.Code, refused.Message, Streaming.Contains(operation));
        }
    }

    /// <summary>Runs the call as often as it meets somebody else's lock, and gives its answer when that is safe to tell.</summary>
    private async Task<ReadOnlyMemory<byte>> RunAsync(Action<FirestoreCall, Utf8JsonWriter> handle, FirestoreCall call, CancellationToken stopped)
    {
        var refused = true;
        try
        {
            while (true)
            {
                try
                {
                    var answer = new ArrayBufferWriter<byte>();
                    using (var json = new Utf8JsonWriter(answer, ValueJson.Options))
                        handle(call, json);
                    refused = false;
                    await journal.StoredAsync();
                    return answer.WrittenMemory;
                }
                catch (LockConflict)
                {
                    await WaitAsync(call.Database, call.Ticket, stopped);
                }
                catch (IOException lost)
                {
                    // The emulator is about to end; whether this commit outlives it cannot be told.
                    throw new RpcException(RpcCode.Unavailable, lost.Message);
                }
            }
        }
        finally
        {
            call.Database.Leave(call.Ticket, refused);
        }
    }

    private async Task WaitAsync(Database database, LockTicket ticket, CancellationToken stopped)
    {
        try
        {
            var patience = ticket.Deadline!.Value - time.GetUtcNow();
            await ticket.Turn.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, stopped);
        }
        catch (TimeoutException)
        {
            database.GiveUp(ticket);
            throw new RpcException(RpcCode.Aborted, "Transaction lock timeout.");
        }
    }

    private (string Operation, Action<FirestoreCall, Utf8JsonWriter> Handle) Route(string method, FirestoreTarget target) =>
        (method, target.Verb) switch
        {
            ("POST", "commit") when target.Segments.Count == 0 => ("commit", CommitCalls.Commit),
            ("POST", "batchWrite") when target.Segments.Count == 0 => ("batchWrite", CommitCalls.BatchWrite),
            ("POST", "beginTransaction") when target.Segments.Count == 0 => ("beginTransaction", CommitCalls.BeginTransaction),
            ("POST", "rollback") when target.Segments.Count == 0 => ("rollback", CommitCalls.Rollback),
            ("POST", "batchGet") when target.Segments.Count == 0 => ("batchGet", DocumentCalls.BatchGet),
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
