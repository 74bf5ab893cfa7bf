using System.Globalization;

namespace WaAspire.Tests.Simulation.Redis;

/// <summary>
/// The part of Lua that our scripts are written in, so that the simulation runs the scripts that are shipped and no copy of
/// them. A script is read once, into closures; whatever it uses beyond that part is refused when it is read.
/// </summary>
/// <remarks>https://www.lua.org/manual/5.1/</remarks>
internal sealed class LuaScript
{
    private readonly LuaReader.Block _body;
    private readonly int _slots;

    private LuaScript(LuaReader.Block body, int slots) => (_body, _slots) = (body, slots);

    public static LuaScript Read(string source)
    {
        var (body, slots) = new LuaReader(source).ReadScript();
        return new LuaScript(body, slots);
    }

    /// <summary>Runs it as EVAL does. The answer is null, a string, a double, a bool or a <see cref="LuaTable"/>.</summary>
    public object? Run(IReadOnlyList<string> keys, IReadOnlyList<string> arguments, Func<string[], object?> call)
    {
        var frame = new LuaFrame(_slots, null, call)
        {
            Keys = LuaTable.Of(keys),
            Arguments = LuaTable.Of(arguments),
        };
        return _body(frame) is { } returned && returned.Length > 0 ? returned[0] : null;
    }
}

/// <summary>The locals of one call, and of the function around it.</summary>
internal sealed class LuaFrame(int slots, LuaFrame? around, Func<string[], object?> call)
{
    public object?[] Slots { get; } = new object?[slots];

    public LuaFrame? Around => around;

    public Func<string[], object?> Call => call;

    public LuaTable? Keys { get; init; } = around?.Keys;

    public LuaTable? Arguments { get; init; } = around?.Arguments;
}

/// <summary>A table with numbered items only: our scripts have no other.</summary>
internal sealed class LuaTable
{
    public List<object?> Items { get; } = [];

    public object? this[double index]
    {
        get => index >= 1 && index <= Items.Count ? Items[(int)index - 1] : null;
        set
        {
            if (index == Items.Count + 1)
            {
                Items.Add(value);
            }
            else
            {
                Items[(int)index - 1] = value;
            }
        }
    }

    public static LuaTable Of(IEnumerable<object?> items)
    {
        var table = new LuaTable();
        table.Items.AddRange(items);
        return table;
    }
}

/// <summary>How Lua looks at values.</summary>
internal static class LuaValue
{
    public static bool IsTrue(object? value) => value is not (null or false);

    public static double Number(object? value) => value switch
    {
        double number => number,
        string text when TryNumber(text) is { } number => number,
        _ => throw new InvalidOperationException($"Lua: arithmetic on {value ?? "nil"}."),
    };

    public static double? TryNumber(object? value) => value switch
    {
        double number => number,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>A whole number without a point, any other in the fewest digits that say exactly it.</summary>
    public static string Text(object? value) => value switch
    {
        string text => text,
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e17 => ((long)number).ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"Lua: {value ?? "nil"} is no text."),
    };

    public static bool Less(object? left, object? right) =>
        (left, right) is (string a, string b) ? string.CompareOrdinal(a, b) < 0
        : (left, right) is (double x, double y) ? x < y
        : throw new InvalidOperationException($"Lua: {left ?? "nil"} and {right ?? "nil"} cannot be compared.");
}
