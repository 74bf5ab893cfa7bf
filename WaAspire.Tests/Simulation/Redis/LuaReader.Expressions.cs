using System.Globalization;
using System.Text.RegularExpressions;

namespace WaAspire.Tests.Simulation.Redis;

/// <content>Expressions, and the functions of Lua and Redis that our scripts call.</content>
internal sealed partial class LuaReader
{
    private delegate object?[] Call(LuaFrame frame);

    /// <summary>The last of a list may be a call with several answers.</summary>
    private sealed record Listed(Expression[] Values, Call? Last);

    private static object?[] Evaluate(Listed list, LuaFrame frame)
    {
        var values = new List<object?>(list.Values.Length + 1);
        foreach (var value in list.Values)
        {
            values.Add(value(frame));
        }

        if (list.Last is { } last)
        {
            values.AddRange(last(frame));
        }

        return [.. values];
    }

    private Listed ReadList()
    {
        var values = new List<Expression>();
        while (true)
        {
            _call = null;
            var value = ReadExpression();
            if (Took(","))
            {
                values.Add(value);
            }
            else
            {
                return _call is { } call ? new Listed([.. values], call) : new Listed([.. values, value], null);
            }
        }
    }

    /// <summary>Set when the expression that was just read is a call and nothing else.</summary>
    private Call? _call;

    private Expression ReadExpression() => ReadOr();

    private Expression ReadOr()
    {
        var left = ReadAnd();
        while (Took("or"))
        {
            var (first, second) = (left, ReadAnd());
            left = Plain(frame => first(frame) is { } value && LuaValue.IsTrue(value) ? value : second(frame));
        }

        return left;
    }

    private Expression ReadAnd()
    {
        var left = ReadComparison();
        while (Took("and"))
        {
            var (first, second) = (left, ReadComparison());
            left = Plain(frame => LuaValue.IsTrue(first(frame)) ? second(frame) : first(frame));
        }

        return left;
    }

    private Expression ReadComparison()
    {
        var left = ReadJoined();
        while (Next is "==" or "~=" or "<" or ">" or "<=" or ">=")
        {
            var (sign, first) = (Take(), left);
            var second = ReadJoined();
            left = Plain(sign switch
            {
                "==" => frame => Equals(first(frame), second(frame)),
                "~=" => frame => !Equals(first(frame), second(frame)),
                "<" => frame => LuaValue.Less(first(frame), second(frame)),
                ">" => frame => LuaValue.Less(second(frame), first(frame)),
                "<=" => frame => !LuaValue.Less(second(frame), first(frame)),
                _ => frame => !LuaValue.Less(first(frame), second(frame)),
            });
        }

        return left;
    }

    private Expression ReadJoined()
    {
        var left = ReadSum();
        while (Took(".."))
        {
            var (first, second) = (left, ReadSum());
            left = Plain(frame => LuaValue.Text(first(frame)) + LuaValue.Text(second(frame)));
        }

        return left;
    }

    private Expression ReadSum()
    {
        var left = ReadProduct();
        while (Next is "+" or "-")
        {
            var (sign, first) = (Take() == "+" ? 1 : -1, left);
            var second = ReadProduct();
            left = Plain(frame => LuaValue.Number(first(frame)) + (sign * LuaValue.Number(second(frame))));
        }

        return left;
    }

    private Expression ReadProduct()
    {
        var left = ReadUnary();
        while (Next is "*" or "/")
        {
            var (isProduct, first) = (Take() == "*", left);
            var second = ReadUnary();
            left = Plain(frame => isProduct ? LuaValue.Number(first(frame)) * LuaValue.Number(second(frame)) : LuaValue.Number(first(frame)) / LuaValue.Number(second(frame)));
        }

        return left;
    }

    private Expression ReadUnary()
    {
        if (Took("not"))
        {
            var operand = ReadUnary();
            return Plain(frame => !LuaValue.IsTrue(operand(frame)));
        }

        if (Took("-"))
        {
            var operand = ReadUnary();
            return Plain(frame => -LuaValue.Number(operand(frame)));
        }

        if (Took("#"))
        {
            var operand = ReadUnary();
            return Plain(frame => operand(frame) is LuaTable table ? table.Items.Count : (double)((string)operand(frame)!).Length);
        }

        var power = ReadPrimary();
        if (!Took("^"))
        {
            return power;
        }

        var exponent = ReadUnary();
        return Plain(frame => Math.Pow(LuaValue.Number(power(frame)), LuaValue.Number(exponent(frame))));
    }

    private Expression ReadPrimary()
    {
        var token = Take();
        if (token == "(")
        {
            var inner = ReadExpression();
            Expect(")");
            return Plain(inner);
        }

        if (token == "{")
        {
            var items = Next == "}" ? new Listed([], null) : ReadList();
            Expect("}");
            return Plain(frame => LuaTable.Of(Evaluate(items, frame)));
        }

        return token switch
        {
            "nil" => Plain(_ => null),
            "true" => Plain(_ => true),
            "false" => Plain(_ => false),
            _ when token[0] == '\'' => Text(token[1..^1]),
            _ when char.IsAsciiDigit(token[0]) => Constant(double.Parse(token, CultureInfo.InvariantCulture)),
            _ when Next is "(" or "." => First(ReadCall(token)),
            _ => ReadVariable(token),
        };
    }

    private Expression Text(string text) => Constant(text);

    private Expression Constant(object value) => Plain(_ => value);

    private Expression Plain(Expression expression)
    {
        _call = null;
        return expression;
    }

    private Expression First(Call call)
    {
        _call = call;
        return frame => call(frame) is { Length: > 0 } values ? values[0] : null;
    }

    private Expression ReadVariable(string name)
    {
        Expression variable;
        if (_scope.Find(name) is var (depth, slot))
        {
            variable = frame => Up(frame, depth).Slots[slot];
        }
        else
        {
            variable = name switch
            {
                "KEYS" => frame => frame.Keys,
                "ARGV" => frame => frame.Arguments,
                _ => throw new FormatException($"Lua: {name} is unknown."),
            };
        }

        if (Took("["))
        {
            var index = ReadExpression();
            Expect("]");
            return Plain(frame => ((LuaTable)variable(frame)!)[LuaValue.Number(index(frame))]);
        }

        return Plain(variable);
    }

    private Call ReadCall(string name)
    {
        if (Took("."))
        {
            name = $"{name}.{Take()}";
        }

        Expect("(");
        var arguments = Next == ")" ? new Listed([], null) : ReadList();
        Expect(")");
        if (_scope.Find(name) is var (depth, slot))
        {
            return frame => ((Function)Up(frame, depth).Slots[slot]!)(frame, Evaluate(arguments, frame));
        }

        var library = Library(name);
        return frame => library(frame, Evaluate(arguments, frame));
    }

    private static Function Library(string name) => name switch
    {
        "redis.call" => (frame, given) => [frame.Call([.. given.Select(LuaValue.Text)])],
        "tonumber" => (_, given) => [LuaValue.TryNumber(given[0])],
        "tostring" => (_, given) => [LuaValue.Text(given[0])],
        "math.floor" => (_, given) => [Math.Floor(LuaValue.Number(given[0]))],
        "math.ceil" => (_, given) => [Math.Ceiling(LuaValue.Number(given[0]))],
        "math.max" => (_, given) => [given.Max(LuaValue.Number)],
        "math.min" => (_, given) => [given.Min(LuaValue.Number)],
        "string.sub" => (_, given) => [((string)given[0]!)[((int)LuaValue.Number(given[1]) - 1)..(int)LuaValue.Number(given[2])]],
        "string.format" => (_, given) => [Format((string)given[0]!, LuaValue.Number(given[1]))],
        "string.match" => (_, given) => Match((string)given[0]!, (string)given[1]!),
        "table.insert" => (_, given) =>
        {
            ((LuaTable)given[0]!).Items.Insert((int)LuaValue.Number(given[1]) - 1, given[2]);
            return [];
        }
        ,
        _ => throw new FormatException($"Lua: {name} is unknown."),
    };

    private static string Format(string format, double number) => FixedFormat().Match(format) is { Success: true } match
        ? number.ToString("F" + match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new FormatException($"Lua: the format {format} is unknown.");

    private static object?[] Match(string text, string pattern)
    {
        var match = PatternOf(pattern).Match(text);
        return !match.Success ? [null] : match.Groups.Count == 1 ? [match.Value] : [.. match.Groups.Values.Skip(1).Select(group => group.Value)];
    }

    /// <summary>Of Lua's patterns: classes, sets, captures and anchors, which mean the same with other escapes.</summary>
    private static Regex PatternOf(string pattern)
    {
        lock (Patterns)
        {
            if (!Patterns.TryGetValue(pattern, out var regex))
            {
                Patterns[pattern] = regex = new Regex(Bars().Replace(pattern.Replace("%", @"\", StringComparison.Ordinal), @"\|"), RegexOptions.CultureInvariant);
            }

            return regex;
        }
    }

    private static readonly Dictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    [GeneratedRegex(@"(?<!\^)\|(?![^\[]*\])")]
    private static partial Regex Bars();

    [GeneratedRegex(@"^%\.(\d)f$")]
    private static partial Regex FixedFormat();
}
