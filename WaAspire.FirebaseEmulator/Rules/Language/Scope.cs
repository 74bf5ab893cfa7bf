namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>A block with the blocks around it: where functions and wildcards are looked up, the innermost first.</summary>
internal sealed record Scope(MatchBlock Block, Scope? Around)
{
    public IEnumerable<Scope> Chain
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Around)
                yield return scope;
        }
    }

    public (Function Function, Scope Scope)? Find(string function)
    {
        foreach (var scope in Chain)
        {
            if (scope.Block.Functions.TryGetValue(function, out var found))
                return (found, scope);
        }

        return null;
    }
}
