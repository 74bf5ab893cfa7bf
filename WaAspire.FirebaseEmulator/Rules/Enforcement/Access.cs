using System.Text.Json;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Evaluation;
using WaAspire.FirebaseEmulator.Rules.Proof;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Enforcement;

/// <summary>
/// What one caller may do. In: what a call is about to read or write, before anything of it is answered. Out: nothing,
/// or PERMISSION_DENIED. An administrator, and everybody where no rules are loaded, may do everything.
/// </summary>
internal sealed class Access
{
    private const string Denied = "Missing or insufficient permissions.";
    private static readonly Lazy<RuleValue> Nothing = new(() => RuleNull.Instance);
    private readonly Ruleset? _rules;
    private readonly DatabaseName _database;
    private readonly ILogger _log;
    private readonly RuleValue _auth;

    public Access(RulesStore rules, Caller caller, DatabaseName database, ILogger log)
    {
        (_database, _log) = (database, log);
        _rules = caller.Kind == CallerKind.Admin ? null : rules.Of(database.Project);
        _auth = _rules is not null && caller.Claims is { } claims ? AuthOf(claims) : RuleNull.Instance;
    }

    public void RequireAdmin(string reason)
    {
        if (_rules is not null)
            throw new RpcException(RpcCode.PermissionDenied, reason);
    }

    /// <summary>A user's token opens no read-write transaction, neither by itself nor with a first read.</summary>
    public void RequireNoReadWrite(IReadOnlyDictionary<string, JsonElement> selectors)
    {
        if (selectors.TryGetValue("newTransaction", out var options) && !RequestJson.Members(options).Any(option => option.Name == "readOnly"))
            RequireAdmin("Read-write transactions require admin authentication.");
    }

    public void RequireGet(IReadOnlyList<DocumentPath> paths, ReadView view)
    {
        if (_rules is null)
            return;
        var lookups = new Lookups(view.Snapshot.Find, view.Snapshot.Find, paths.Count > 1 ? Lookups.Multiple : Lookups.Single);
        foreach (var path in paths)
            Require(OneDocument("get", path, view.ReadTime, view.Snapshot.Find(path), Nothing), lookups);
    }

    /// <summary>Allowed only if the rules hold for everything that the query could return, whatever is stored.</summary>
    public void RequireList(Query query, ReadView view, int? limit)
    {
        if (_rules is null)
            return;
        var lookups = new Lookups(view.Snapshot.Find, view.Snapshot.Find, Lookups.Single);
        foreach (var conjunction in query.Conjunctions)
        {
            var facts = new QueryFacts(conjunction, query.Orders, _database);
            var path = RequestedPath.Of(query.From, facts);
            var resource = new Lazy<RuleValue>(new OpenDocument(facts, path.Id, path.Value));
            Require(new("list", path, _auth, RuleTimestamp.FromMicros(view.ReadTime), resource, Nothing, QueryOf(query, limit)), lookups);
        }
    }

    /// <summary>Judges the writes of a commit against the state that it meets, under the commit's lock; null when there is nothing to judge.</summary>
    public Action<Snapshot, long>? JudgeOf(IReadOnlyList<Write> writes) =>
        _rules is null ? null : (snapshot, commitTime) => Judge(writes, snapshot, commitTime);

    private void Judge(IReadOnlyList<Write> writes, Snapshot snapshot, long commitTime)
    {
        var made = new Dictionary<DocumentPath, Document?>();
        Document? Now(DocumentPath path) => made.TryGetValue(path, out var document) ? document : snapshot.Find(path);
        var steps = new List<(Write Write, Document? Before, Document? After)>();
        foreach (var write in writes)
        {
            // Without preconditions: who may not write must not learn from them what is stored.
            var before = Now(write.Path);
            var (after, _) = WriteApplier.Apply(_database, before, write with { Precondition = Precondition.None }, commitTime);
            made[write.Path] = after;
            steps.Add((write, before, after));
        }

        // The value that REQUEST_TIME writes, so that a rule may ask for it.
        var time = commitTime - (commitTime % 1000);
        var lookups = new Lookups(snapshot.Find, Now, writes.Count > 1 ? Lookups.Multiple : Lookups.Single);
        foreach (var (write, before, after) in steps)
        {
            var method = write.Kind switch
            {
                WriteKind.Verify => "get",
                WriteKind.Delete => "delete",
                _ => before is null ? "create" : "update",
            };
            var written = write.Kind == WriteKind.Update ? new Lazy<RuleValue>(() => StoredValues.Of(after)) : Nothing;
            Require(OneDocument(method, write.Path, time, before, written), lookups);
        }
    }

    private Operation OneDocument(string method, DocumentPath path, long time, Document? stored, Lazy<RuleValue> written) =>
        new(method, RequestedPath.Of(path), _auth, RuleTimestamp.FromMicros(time), new(() => StoredValues.Of(stored)), written, RuleNull.Instance);

    private void Require(Operation operation, Lookups lookups)
    {
        if (_rules!.Refuse(operation, lookups) is not { } reason)
            return;
        _log.Refused(operation.Method, _rules.FileName, reason);
        throw new RpcException(RpcCode.PermissionDenied, Denied);
    }

    /// <summary>The orders as asked for are not told from the implicit ones here, so all are there: field to ASC or DESC.</summary>
    private static RuleMap QueryOf(Query query, int? limit) => new(new Dictionary<string, RuleValue>(StringComparer.Ordinal)
    {
        ["limit"] = limit is { } given ? new RuleInt(given) : RuleNull.Instance,
        ["offset"] = query.Offset > 0 ? new RuleInt(query.Offset) : RuleNull.Instance,
        ["orderBy"] = new RuleMap(query.Orders.ToDictionary(
            order => order.Field.Text, RuleValue (order) => new RuleString(order.Descending ? "DESC" : "ASC"), StringComparer.Ordinal)),
    });

    private static RuleMap AuthOf(JsonElement claims)
    {
        try
        {
            var token = (RuleMap)StoredValues.Of(claims);
            var auth = new Dictionary<string, RuleValue>(StringComparer.Ordinal) { ["token"] = token };
            if ((token.Fields.GetValueOrDefault("sub") ?? token.Fields.GetValueOrDefault("user_id")) is RuleString uid)
                auth["uid"] = uid;
            return new(auth);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in the token's JSON: no text, so no token.
            throw new RpcException(RpcCode.Unauthenticated, "The caller's token is malformed.");
        }
    }
}
