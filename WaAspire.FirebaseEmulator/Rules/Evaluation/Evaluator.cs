using WaAspire.FirebaseEmulator.Rules.Language;
using WaAspire.FirebaseEmulator.Rules.Proof;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// Evaluates conditions for one operation. In: an expression and the match blocks around it with their wildcards bound.
/// Out: a value, <see cref="Failure"/> for an error, or <see cref="Unknown"/> where a query leaves it open; no exception.
/// </summary>
internal sealed class Evaluator(RuleObject request, Lazy<RuleValue> resource, Lookups lookups, Budget budget)
{
    /// <summary>Whether the condition is true for certain: an error denies, and so does what is not known.</summary>
    public bool IsTrue(Expression? condition, BoundScope scope) =>
        (condition is null || Evaluate(condition, new(scope, null, 0)) is RuleBool { Content: true }) && budget.Exceeded is null;

    private RuleValue Evaluate(Expression expression, Place place)
    {
        if (expression is Literal literal)
            return literal.Value;
        if (!budget.Spend())
            return new Failure("the operation's limits are exceeded");
        return expression switch
        {
            Name name => Named(name.Text, place),
            Binary { Operator: "||" } or => Either(or, place, decides: true),
            Binary { Operator: "&&" } and => Either(and, place, decides: false),
            Binary binary => Operators.Apply(binary.Operator, Evaluate(binary.Left, place), Evaluate(binary.Right, place)),
            Unary { Operator: "!" } not => Operators.Not(Evaluate(not.Operand, place)),
            Unary negative => Operators.Negative(Evaluate(negative.Operand, place)),
            TypeTest test => Operators.Is(Evaluate(test.Operand, place), test.Type),
            Conditional conditional => Choose(conditional, place),
            Member member => MemberOf(Evaluate(member.Target, place), member.Text),
            ElementAt element => Element(Evaluate(element.Target, place), Evaluate(element.Key, place)),
            Slice slice => Part(Evaluate(slice.Target, place), Evaluate(slice.From, place), Evaluate(slice.To, place)),
            ListLiteral list => Literals(list.Items, place, items => new RuleList(items)),
            MapLiteral map => Map(map, place),
            PathLiteral path => With(path.Parts, place, PathOf),
            Call call => Called(call, place),
            _ => new Failure("no such expression"),
        };
    }

    private RuleValue Named(string name, Place place)
    {
        if (name == "request")
            return request;
        if (name == "resource")
            return resource.Value;
        return place.Locals is { } locals && locals.TryGetValue(name, out var local) ? local : place.Scope.Wildcard(name);
    }

    /// <summary>
    /// <c>||</c> and <c>&amp;&amp;</c> as CEL has them: the side that decides wins even when the other is in error.
    /// </summary>
    private RuleValue Either(Binary binary, Place place, bool decides)
    {
        var left = Evaluate(binary.Left, place);
        if (left is RuleBool one && one.Content == decides)
            return left;
        var right = Evaluate(binary.Right, place);
        if (right is RuleBool other && other.Content == decides)
            return right;
        return (left, right) switch
        {
            (Unknown, _) or (_, Unknown) => Unknown.OrError,
            (RuleBool, RuleBool) => right,
            (Failure, _) => left,
            (_, Failure) => right,
            _ => new Failure($"{left.Kind} {binary.Operator} {right.Kind}"),
        };
    }

    private static bool MayFail(RuleValue value) => value is Unknown { MayFail: true };

    private RuleValue Choose(Conditional conditional, Place place) => Evaluate(conditional.Test, place) switch
    {
        RuleBool test => Evaluate(test.Content ? conditional.Then : conditional.Else, place),
        Failure failure => failure,
        Unknown => Unknown.OrError,
        var other => new Failure($"{other.Kind} ? :"),
    };

    private static RuleValue MemberOf(RuleValue target, string name) => target switch
    {
        RuleMap map => map.Fields.GetValueOrDefault(name) ?? new Failure($"no member {name}"),
        RuleObject document => document.Member(name),
        Failure => target,
        Unknown => Unknown.OrError,
        _ => new Failure($"a member of {target.Kind}"),
    };

    private static RuleValue Element(RuleValue target, RuleValue key) => (target, key) switch
    {
        (Failure, _) => target,
        (_, Failure) => key,
        (RuleObject, RuleString name) => MemberOf(target, name.Content),
        _ when Operators.IsOpen(target) || Operators.IsOpen(key) => Unknown.OrError,
        (RuleMap, RuleString name) => MemberOf(target, name.Content),
        (RuleList list, RuleInt { Content: >= 0 } at) when at.Content < list.Items.Count => list.Items[(int)at.Content],
        (RulePath path, RuleInt { Content: >= 0 } at) when at.Content < path.Segments.Count => new RuleString(path.Segments[(int)at.Content]),
        (RuleString text, RuleInt at) when TextMethods.Part(text, at.Content, at.Content + 1) is { } character => character,
        _ => new Failure($"{target.Kind}[{key.Kind}]"),
    };

    private static RuleValue Part(RuleValue target, RuleValue from, RuleValue to) => (target, from, to) switch
    {
        (Failure, _, _) => target,
        (_, Failure, _) => from,
        (_, _, Failure) => to,
        _ when Operators.IsOpen(target) || Operators.IsOpen(from) || Operators.IsOpen(to) => Unknown.OrError,
        (RuleList list, RuleInt { Content: >= 0 and var start }, RuleInt { Content: var end }) when start <= end && end <= list.Items.Count =>
            new RuleList([.. list.Items.Skip((int)start).Take((int)(end - start))]),
        (RuleString text, RuleInt start, RuleInt end) when TextMethods.Part(text, start.Content, end.Content) is { } part => part,
        _ => new Failure($"{target.Kind}[{from.Kind}:{to.Kind}]"),
    };

    /// <summary>Evaluates each and uses them; one in error is an error, and one that is open may be of the wrong kind.</summary>
    private RuleValue With(IReadOnlyList<Expression> expressions, Place place, Func<RuleValue[], RuleValue> use)
    {
        var values = expressions.Select(expression => Evaluate(expression, place)).ToArray();
        return Array.Find(values, value => value is Failure) ?? (Array.Exists(values, Operators.IsOpen) ? Unknown.OrError : use(values));
    }

    /// <summary>A list takes values of any kind, so open ones leave it open but put it in no danger of an error.</summary>
    private RuleValue Literals(IReadOnlyList<Expression> expressions, Place place, Func<RuleValue[], RuleValue> use)
    {
        var values = expressions.Select(expression => Evaluate(expression, place)).ToArray();
        return Array.Find(values, value => value is Failure)
            ?? (Array.Exists(values, Operators.IsOpen) ? Unknown.Of(Array.Exists(values, MayFail)) : use(values));
    }

    private RuleValue Map(MapLiteral literal, Place place) => With([.. literal.Entries.Select(entry => entry.Key)], place, keys =>
        Literals([.. literal.Entries.Select(entry => entry.Value)], place, values =>
        {
            var map = new Dictionary<string, RuleValue>(StringComparer.Ordinal);
            for (var index = 0; index < keys.Length; index++)
            {
                if (keys[index] is not RuleString key || !map.TryAdd(key.Content, values[index]))
                    return new Failure("the keys of a map are different strings");
            }

            return new RuleMap(map);
        }));

    private static RuleValue PathOf(RuleValue[] parts)
    {
        var segments = new List<string>();
        foreach (var part in parts)
        {
            if (part is RulePath inner)
                segments.AddRange(inner.Segments);
            else if (part is RuleString { Content.Length: > 0 } text)
                segments.Add(text.Content);
            else
                return new Failure($"{part.Kind} in a path");
        }

        return new RulePath(segments);
    }

    private RuleValue Called(Call call, Place place)
    {
        if (call.Target is Name name && Library.IsNamespace(name.Text) && !place.Knows(name.Text))
            return With(call.Arguments, place, values => Library.Call($"{name.Text}.{call.Text}", values));
        if (call.Target is not null)
            return Method(Evaluate(call.Target, place), call, place);
        if (place.Scope.Find(call.Text) is { } found)
            return Own(found.Function, found.Scope, call.Arguments, place);
        return With(call.Arguments, place, values =>
            Library.IsLookup(call.Text) ? lookups.Run(call.Text, values[0], budget) : Library.Call(call.Text, values));
    }

    private RuleValue Method(RuleValue target, Call call, Place place) => target is Failure
        ? target
        : With(call.Arguments, place, values => Operators.IsOpen(target)
            ? OpenMethods.Call(target, call.Text, values)
            : Library.Call(target, call.Text, values));

    /// <summary>An argument or variable in error is an error of the whole call, used or not; one that may fail leaves it open.</summary>
    private RuleValue Own(Function function, BoundScope scope, IReadOnlyList<Expression> arguments, Place place)
    {
        if (place.CallDepth >= Budget.MaxCallDepth)
        {
            budget.Exceed($"calls more than {Budget.MaxCallDepth} deep");
            return new Failure("calls too deep");
        }

        var locals = new Dictionary<string, RuleValue>(StringComparer.Ordinal);
        var inside = new Place(scope, locals, place.CallDepth + 1);
        for (var index = 0; index < arguments.Count; index++)
            locals[function.Parameters[index]] = Evaluate(arguments[index], place);
        foreach (var let in function.Lets)
            locals[let.Name] = Evaluate(let.Value, inside);
        if (locals.Values.FirstOrDefault(value => value is Failure) is { } failure)
            return failure;
        var result = Evaluate(function.Result, inside);
        return locals.Values.Any(MayFail) && result is not Failure ? Unknown.OrError : result;
    }

    private sealed record Place(BoundScope Scope, IReadOnlyDictionary<string, RuleValue>? Locals, int CallDepth)
    {
        public bool Knows(string name) => Locals?.ContainsKey(name) == true || Scope.HasWildcard(name);
    }
}

/// <summary>A match block that the request's path matched, with its wildcards' values and the blocks around it.</summary>
internal sealed record BoundScope(MatchBlock Block, IReadOnlyDictionary<string, RuleValue> Wildcards, BoundScope? Around)
{
    public bool HasWildcard(string name) => Wildcards.ContainsKey(name) || Around?.HasWildcard(name) == true;

    public RuleValue Wildcard(string name) =>
        Wildcards.TryGetValue(name, out var value) ? value : Around?.Wildcard(name) ?? new Failure($"unknown variable {name}");

    public (Function Function, BoundScope Scope)? Find(string function) =>
        Block.Functions.TryGetValue(function, out var found) ? (found, this) : Around?.Find(function);
}
