using System.Globalization;
using System.Text.RegularExpressions;

namespace WaAspire.Tests.Simulation.Redis;

/// <summary>Reads a script into closures, from the outside in: blocks, statements, expressions by how strongly they bind.</summary>
internal sealed partial class LuaReader
{
    private readonly List<string> _tokens;
    private int _at;
    private Scope _scope = new(null);

    public LuaReader(string source) => _tokens = [.. Tokens().Matches(Comments().Replace(source, "")).Select(match => match.Value)];

    /// <summary>Null: went on to its end. Otherwise what it returned.</summary>
    internal delegate object?[]? Block(LuaFrame frame);

    private delegate object? Expression(LuaFrame frame);

    private delegate object?[] Function(LuaFrame frame, object?[] arguments);

    private string Next => _at < _tokens.Count ? _tokens[_at] : "";

    public (Block Body, int Slots) ReadScript()
    {
        var body = ReadBlock();
        return Next.Length == 0 ? (body, _scope.Size) : throw Unexpected();
    }

    private Block ReadBlock(params string[] ends)
    {
        var statements = new List<Block>();
        var names = _scope.Enter();
        while (Next.Length > 0 && !ends.Contains(Next))
        {
            statements.Add(ReadStatement());
        }

        _scope.Leave(names);
        Block[] body = [.. statements];
        return frame =>
        {
            foreach (var statement in body)
            {
                if (statement(frame) is { } returned)
                {
                    return returned;
                }
            }

            return null;
        };
    }

    private Block ReadStatement()
    {
        if (Took("local"))
        {
            return Took("function") ? ReadFunction() : ReadLocal();
        }

        if (Took("if"))
        {
            return ReadIf();
        }

        if (Took("for"))
        {
            return ReadFor();
        }

        if (Took("return"))
        {
            var values = ReadList();
            return frame => Evaluate(values, frame);
        }

        return ReadAssignmentOrCall();
    }

    private Block ReadLocal()
    {
        var names = ReadNames();
        Expect("=");
        var values = ReadList();
        int[] slots = [.. names.Select(_scope.Declare)];
        return frame =>
        {
            var given = Evaluate(values, frame);
            for (var i = 0; i < slots.Length; i++)
            {
                frame.Slots[slots[i]] = i < given.Length ? given[i] : null;
            }

            return null;
        };
    }

    private Block ReadFunction()
    {
        var slot = _scope.Declare(Take());
        Expect("(");
        var inner = new Scope(_scope);
        int[] parameters = [.. (Next == ")" ? [] : ReadNames()).Select(inner.Declare)];
        Expect(")");
        _scope = inner;
        var body = ReadBlock("end");
        _scope = inner.Around!;
        Expect("end");
        return frame =>
        {
            Function function = (_, arguments) =>
            {
                var own = new LuaFrame(inner.Size, frame, frame.Call);
                for (var i = 0; i < parameters.Length; i++)
                {
                    own.Slots[parameters[i]] = i < arguments.Length ? arguments[i] : null;
                }

                return body(own) ?? [];
            };
            frame.Slots[slot] = function;
            return null;
        };
    }

    private Block ReadIf()
    {
        var branches = new List<(Expression When, Block Then)>();
        Block? otherwise = null;
        do
        {
            var condition = ReadExpression();
            Expect("then");
            branches.Add((condition, ReadBlock("elseif", "else", "end")));
        }
        while (Took("elseif"));
        if (Took("else"))
        {
            otherwise = ReadBlock("end");
        }

        Expect("end");
        return frame =>
        {
            foreach (var (condition, then) in branches)
            {
                if (LuaValue.IsTrue(condition(frame)))
                {
                    return then(frame);
                }
            }

            return otherwise?.Invoke(frame);
        };
    }

    private Block ReadFor()
    {
        var names = ReadNames();
        var outer = _scope.Enter();
        Block loop;
        if (Took("in"))
        {
            Expect("ipairs");
            Expect("(");
            var table = ReadExpression();
            Expect(")");
            Expect("do");
            var (number, item) = (_scope.Declare(names[0]), _scope.Declare(names[1]));
            var body = ReadBlock("end");
            loop = frame => Repeat(((LuaTable)table(frame)!).Items.ToArray().Select((value, i) => (frame.Slots[number], frame.Slots[item]) = (i + 1d, value)), body, frame);
        }
        else
        {
            Expect("=");
            var range = ReadList();
            Expect("do");
            var slot = _scope.Declare(names[0]);
            var body = ReadBlock("end");
            loop = frame =>
            {
                var numbers = Evaluate(range, frame);
                var (first, last, step) = (LuaValue.Number(numbers[0]), LuaValue.Number(numbers[1]), numbers.Length > 2 ? LuaValue.Number(numbers[2]) : 1);
                return Repeat(Steps(first, last, step).Select(value => frame.Slots[slot] = value), body, frame);
            };
        }

        _scope.Leave(outer);
        Expect("end");
        return loop;
    }

    private static IEnumerable<object> Steps(double first, double last, double step)
    {
        for (var value = first; step > 0 ? value <= last : value >= last; value += step)
        {
            yield return value;
        }
    }

    private static object?[]? Repeat<T>(IEnumerable<T> turns, Block body, LuaFrame frame)
    {
        foreach (var _ in turns)
        {
            if (body(frame) is { } returned)
            {
                return returned;
            }
        }

        return null;
    }

    private Block ReadAssignmentOrCall()
    {
        var targets = new List<(string Name, Expression? Index)>();
        do
        {
            var name = Take();
            if (Next is "(" or ".")
            {
                var call = ReadCall(name);
                return frame =>
                {
                    call(frame);
                    return null;
                };
            }

            Expression? index = null;
            if (Took("["))
            {
                index = ReadExpression();
                Expect("]");
            }

            targets.Add((name, index));
        }
        while (Took(","));
        Expect("=");
        var values = ReadList();
        var setters = targets.Select(target => Setter(target.Name, target.Index)).ToArray();
        return frame =>
        {
            var given = Evaluate(values, frame);
            for (var i = 0; i < setters.Length; i++)
            {
                setters[i](frame, i < given.Length ? given[i] : null);
            }

            return null;
        };
    }

    private Action<LuaFrame, object?> Setter(string name, Expression? index)
    {
        var (depth, slot) = _scope.Find(name) ?? throw new FormatException($"Lua: {name} is no local.");
        return index is null
            ? (frame, value) => Up(frame, depth).Slots[slot] = value
            : (frame, value) => ((LuaTable)Up(frame, depth).Slots[slot]!)[LuaValue.Number(index(frame))] = value;
    }

    private static LuaFrame Up(LuaFrame frame, int depth)
    {
        for (; depth > 0; depth--)
        {
            frame = frame.Around!;
        }

        return frame;
    }

    private List<string> ReadNames()
    {
        List<string> names = [Take()];
        while (Took(","))
        {
            names.Add(Take());
        }

        return names;
    }

    private bool Took(string token)
    {
        if (Next != token)
        {
            return false;
        }

        _at++;
        return true;
    }

    private string Take() => Next.Length > 0 ? _tokens[_at++] : throw Unexpected();

    private void Expect(string token)
    {
        if (!Took(token))
        {
            throw Unexpected();
        }
    }

    private FormatException Unexpected() => new($"Lua: '{Next}' after '{string.Join(' ', _tokens.Take(_at).TakeLast(6))}'.");

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comments();

    [GeneratedRegex("""[A-Za-z_]\w*|\d+(?:\.\d+)?|'(?:[^'\\]|\\.)*'|==|~=|<=|>=|\.\.|[-+*/^#<>=(){}\[\],.]""")]
    private static partial Regex Tokens();

    /// <summary>The names of one function; a block that ends takes its own back.</summary>
    private sealed class Scope(Scope? around)
    {
        private Dictionary<string, int> _names = new(StringComparer.Ordinal);

        public Scope? Around => around;

        public int Size { get; private set; }

        public Dictionary<string, int> Enter()
        {
            var before = _names;
            _names = new(_names, StringComparer.Ordinal);
            return before;
        }

        public void Leave(Dictionary<string, int> before) => _names = before;

        public int Declare(string name) => _names[name] = Size++;

        public (int Depth, int Slot)? Find(string name) =>
            _names.TryGetValue(name, out var slot) ? (0, slot) : around?.Find(name) is { } outer ? (outer.Depth + 1, outer.Slot) : null;
    }
}
