using System.Text.Json;
using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Rules.Enforcement;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>One call, read whole and parsed as far as all calls have in common.</summary>
/// <param name="Access">What the caller may do.</param>
internal sealed record FirestoreCall(
    FirestoreTarget Target, Database Database, JsonElement Body, IQueryCollection Query, Access Access, Statistics Statistics)
{
    // What Google's front ends take on every call; `$alt` with numeric enums changes nothing, no answer of ours holds an enum.
    private static readonly HashSet<string> SystemParameters =
        ["$alt", "alt", "key", "prettyPrint", "$prettyPrint", "fields", "quotaUser", "access_token", "$.xgafv", "$httpMethod"];

    /// <summary>The call's place in the line, should it meet a lock: then it is run again, and all of this is kept.</summary>
    public LockTicket Ticket { get; } = new();

    /// <summary>The writes of a batchWrite that are done already: they are applied one by one, and once.</summary>
    public List<(WriteResult? Result, RpcException? Refused)> Finished { get; } = [];

    public IEnumerable<(string Name, JsonElement Value)> Members => RequestJson.Members(Body);

    public DocumentPath DocumentPath => DocumentPath.Parse(Target.Path);

    public void AllowParameters(params string[] names)
    {
        if (Query.Keys.FirstOrDefault(key => !SystemParameters.Contains(key) && !names.Contains(key)) is { } unknown)
            throw RpcException.Invalid($"Invalid parameter received. Unknown name \"{unknown}\": Cannot bind query parameter.");
    }

    public string? Parameter(string name) => Query.TryGetValue(name, out var values) ? values[^1] : null;

    public IReadOnlyList<FieldPath>? MaskParameter(string name) =>
        Query.TryGetValue($"{name}.fieldPaths", out var paths) ? [.. paths.Select(path => FieldPath.Parse(path ?? ""))] : null;
}
