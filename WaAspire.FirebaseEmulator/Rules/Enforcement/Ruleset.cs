using WaAspire.FirebaseEmulator.Rules.Evaluation;
using WaAspire.FirebaseEmulator.Rules.Language;
using WaAspire.FirebaseEmulator.Rules.Proof;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Enforcement;

/// <summary>What a client wants to do with one document, or with all that a query may return.</summary>
/// <param name="Method">get, list, create, update or delete.</param>
/// <param name="Resource">The document as it is, null if it is not there.</param>
/// <param name="NewResource">The document as it would be, null when nothing is written.</param>
internal sealed record Operation(
    string Method, RequestedPath Path, RuleValue Auth, RuleTimestamp Time, Lazy<RuleValue> Resource, Lazy<RuleValue> NewResource, RuleValue Query);

/// <summary>The rules of a project: an operation is allowed if any matching block allows it, and denied otherwise.</summary>
internal sealed class Ruleset(RulesFile file)
{
    public string FileName => file.Name;

    /// <summary>Null when allowed, else why not, without a word about documents.</summary>
    public string? Refuse(Operation operation, Lookups lookups)
    {
        lookups.BeginOperation();
        var budget = new Budget();
        var evaluator = new Evaluator(new RequestValue(operation), operation.Resource, lookups, budget);
        var failed = new List<int>();
        foreach (var scope in Matching(file.Root, [], operation.Path))
        {
            foreach (var allow in scope.Block.Allows.Where(allow => allow.Methods.Contains(operation.Method)))
            {
                if (evaluator.IsTrue(allow.Condition, scope))
                    return null;
                failed.Add(allow.At.Line);
            }
        }

        return budget.Exceeded ?? (failed.Count == 0 ? "no allow statement matches" : $"not true on line {string.Join(", ", failed)}");
    }

    private IEnumerable<BoundScope> Matching(MatchBlock block, IReadOnlyList<MatchBlock> around, RequestedPath path)
    {
        IReadOnlyList<MatchBlock> chain = [.. around, block];
        if (block.Allows.Count > 0 && path.Match([.. chain.SelectMany(one => one.Path)], file.Version) is { } values)
            yield return Bind(chain, values);
        foreach (var scope in block.Blocks.SelectMany(inner => Matching(inner, chain, path)))
            yield return scope;
    }

    private static BoundScope Bind(IReadOnlyList<MatchBlock> chain, RuleValue[] values)
    {
        BoundScope? scope = null;
        var at = 0;
        foreach (var block in chain)
        {
            var wildcards = new Dictionary<string, RuleValue>(StringComparer.Ordinal);
            foreach (var segment in block.Path)
            {
                if (segment.Kind != SegmentKind.Literal)
                    wildcards[segment.Text] = values[at];
                at++;
            }

            scope = new(block, wildcards, scope);
        }

        return scope!;
    }

    /// <summary>The variable <c>request</c>.</summary>
    private sealed record RequestValue(Operation Operation) : RuleObject
    {
        public override RuleValue Member(string name) => name switch
        {
            "auth" => Operation.Auth,
            "method" => new RuleString(Operation.Method),
            "path" => Operation.Path.Value,
            "time" => Operation.Time,
            "resource" => Operation.NewResource.Value,
            "query" => Operation.Query,
            _ => new Failure($"no member {name}"),
        };

        public override bool? Has(string name) => name is "auth" or "method" or "path" or "time" or "resource" or "query";
    }
}
