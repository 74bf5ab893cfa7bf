using WaAspire.FirebaseEmulator.Rules.Language;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>A match block that the request's path matched, with its wildcards' values and the blocks around it.</summary>
internal sealed record BoundScope(MatchBlock Block, IReadOnlyDictionary<string, RuleValue> Wildcards, BoundScope? Around)
{
    public bool HasWildcard(string name) => Wildcards.ContainsKey(name) || Around?.HasWildcard(name) == true;

    public RuleValue Wildcard(string name) =>
        Wildcards.TryGetValue(name, out var value) ? value : Around?.Wildcard(name) ?? new Failure($"unknown variable {name}");

    public (Function Function, BoundScope Scope)? Find(string function) =>
        Block.Functions.TryGetValue(function, out var found) ? (found, this) : Around?.Find(function);
}
