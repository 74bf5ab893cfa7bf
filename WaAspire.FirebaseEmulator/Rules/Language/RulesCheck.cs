using WaAspire.FirebaseEmulator.Rules.Evaluation;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>
/// Refuses at load what could not be judged later: unknown variables, functions, methods and types, wrong numbers of
/// arguments, functions that call themselves. A local server must not find out at the first request.
/// </summary>
internal sealed class RulesCheck
{
    private static readonly string[] Reserved = ["request", "resource", "true", "false", "null"];
    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
        { "bool", "bytes", "float", "int", "list", "latlng", "number", "path", "map", "string", "timestamp", "duration", "set", "map_diff" };

    private static readonly Dictionary<string, string[]> Members = new(StringComparer.Ordinal)
    {
        ["request"] = ["auth", "method", "path", "query", "resource", "time"],
        ["request.auth"] = ["uid", "token"],
        ["request.query"] = ["limit", "offset", "orderBy"],
        ["request.resource"] = ["data", "id", "__name__"],
        ["resource"] = ["data", "id", "__name__"],
    };

    private readonly Scanner _source;
    private readonly HashSet<Function> _checked = new(ReferenceEqualityComparer.Instance);

    private RulesCheck(Scanner source) => _source = source;

    public static void Check(RulesFile file, Scanner source) => new RulesCheck(source).CheckBlock(file.Root, null);

    private void CheckBlock(MatchBlock block, Scope? around)
    {
        var scope = new Scope(block, around);
        var wildcards = scope.Chain.SelectMany(one => one.Block.Path).ToList();
        if (wildcards.Count(segment => segment.Kind == SegmentKind.Recursive) > 1)
            throw _source.Error(block.At, "a recursive wildcard below another one is not judged here");
        foreach (var name in block.Wildcards)
            CheckName(block.At, name);
        foreach (var function in block.Functions.Values)
            CheckFunction(function, scope, []);
        foreach (var condition in block.Allows.Select(allow => allow.Condition).OfType<Expression>())
            CheckExpression(condition, new(scope, [], []));
        foreach (var inner in block.Blocks)
            CheckBlock(inner, scope);
    }

    private void CheckFunction(Function function, Scope scope, IReadOnlyList<Function> callers)
    {
        if (callers.Contains(function, ReferenceEqualityComparer.Instance))
            throw _source.Error(function.At, $"the function '{function.Name}' calls itself");
        if (callers.Count >= Budget.MaxCallDepth)
            throw _source.Error(function.At, $"functions call each other more than {Budget.MaxCallDepth} deep");
        if (_checked.Contains(function))
            return;
        CheckName(function.At, function.Name);
        var locals = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in function.Parameters)
            AddLocal(function.At, parameter, locals);
        var inside = new Place(scope, locals, [.. callers, function]);
        foreach (var let in function.Lets)
        {
            CheckExpression(let.Value, inside);
            AddLocal(let.At, let.Name, locals);
        }

        CheckExpression(function.Result, inside);
        _checked.Add(function);
    }

    private void AddLocal(Position at, string name, HashSet<string> locals)
    {
        CheckName(at, name);
        if (!locals.Add(name))
            throw _source.Error(at, $"'{name}' is declared twice");
    }

    private void CheckName(Position at, string name)
    {
        if (Reserved.Contains(name))
            throw _source.Error(at, $"'{name}' cannot be declared anew");
    }

    private void CheckExpression(Expression expression, Place place)
    {
        switch (expression)
        {
            case Name name when !place.Knows(name.Text):
                throw _source.Error(name.At, $"unknown variable '{name.Text}'");
            case TypeTest test when !Types.Contains(test.Type):
                throw _source.Error(test.At, $"unknown type '{test.Type}'");
            case Member member:
                CheckMember(member);
                break;
            case Call call:
                CheckCall(call, place);
                break;
        }

        foreach (var child in Children(expression))
            CheckExpression(child, place);
    }

    private void CheckMember(Member member)
    {
        if (NameOf(member.Target) is { } target && Members.TryGetValue(target, out var known) && !known.Contains(member.Text))
            throw _source.Error(member.At, $"'{target}' has no member '{member.Text}'");
    }

    private void CheckCall(Call call, Place place)
    {
        var count = call.Arguments.Count;
        if (IsNamespace(call.Target, place) is { } space)
        {
            if (!Library.HasFunction($"{space}.{call.Text}", count))
                throw _source.Error(call.At, $"unknown function '{space}.{call.Text}' with {count} arguments");
        }
        else if (call.Target is not null)
        {
            if (!Library.HasMethod(call.Text, count))
                throw _source.Error(call.At, $"unknown method '{call.Text}' with {count} arguments");
        }
        else if (place.Scope.Find(call.Text) is { } found)
        {
            if (found.Function.Parameters.Count != count)
                throw _source.Error(call.At, $"the function '{call.Text}' takes {found.Function.Parameters.Count} arguments, not {count}");
            CheckFunction(found.Function, found.Scope, place.Callers);
        }
        else if (!Library.HasFunction(call.Text, count))
        {
            throw _source.Error(call.At, $"unknown function '{call.Text}' with {count} arguments");
        }

        if (call is { Text: "matches" or "split" or "replace", Arguments: [Literal { Value: RuleString pattern }, ..] } && Re2.Translate(pattern.Content) is null)
            throw _source.Error(call.Arguments[0].At, $"the regular expression '{pattern.Content}' is malformed, or holds what is not judged here");
    }

    private static string? IsNamespace(Expression? target, Place place) =>
        target is Name name && !place.Knows(name.Text) && Library.IsNamespace(name.Text) ? name.Text : null;

    /// <summary>The dotted name of what is the same in every file; no declaration can hide it.</summary>
    private static string? NameOf(Expression expression) => expression switch
    {
        Name name => name.Text,
        Member { Target: Name { Text: "request" } } member => $"request.{member.Text}",
        _ => null,
    };

    private static IEnumerable<Expression> Children(Expression expression) => expression switch
    {
        ListLiteral list => list.Items,
        MapLiteral map => map.Entries.SelectMany(entry => new[] { entry.Key, entry.Value }),
        PathLiteral path => path.Parts,
        Member member => [member.Target],
        ElementAt element => [element.Target, element.Key],
        Slice slice => [slice.Target, slice.From, slice.To],
        Call { Target: Name name } call when Library.IsNamespace(name.Text) => call.Arguments,
        Call call => [.. call.Target is null ? [] : new[] { call.Target }, .. call.Arguments],
        Unary unary => [unary.Operand],
        Binary binary => [binary.Left, binary.Right],
        TypeTest test => [test.Operand],
        Conditional conditional => [conditional.Test, conditional.Then, conditional.Else],
        _ => [],
    };

    /// <param name="Locals">Parameters and the variables declared so far.</param>
    private sealed record Place(Scope Scope, HashSet<string> Locals, IReadOnlyList<Function> Callers)
    {
        public bool Knows(string name) => name is "request" or "resource" || Locals.Contains(name)
            || Scope.Chain.Any(scope => scope.Block.Wildcards.Contains(name));
    }
}

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
