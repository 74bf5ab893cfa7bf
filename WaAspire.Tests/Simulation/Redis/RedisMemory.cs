using System.Globalization;

namespace WaAspire.Tests.Simulation.Redis;

/// <summary>
/// Redis's memory: the commands that our scripts and clients use, on the simulation's clock. Answers are Lua's: a string, a
/// number, false for nil, a table.
/// </summary>
internal sealed class RedisMemory(Func<DateTimeOffset> clock)
{
    private readonly Dictionary<string, LuaScript> _scripts = new(StringComparer.Ordinal);
    private Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private double Now => (clock() - DateTimeOffset.UnixEpoch).Ticks / 10_000d;

    /// <summary>FLUSHALL, and a restart without a file.</summary>
    public void Flush() => _entries = new(StringComparer.Ordinal);

    public object Snapshot() => _entries.ToDictionary(entry => entry.Key, entry => entry.Value.Copy(), StringComparer.Ordinal);

    /// <summary>A replica that had not heard of the last second has taken over.</summary>
    public void Restore(object snapshot) =>
        _entries = ((Dictionary<string, Entry>)snapshot).ToDictionary(entry => entry.Key, entry => entry.Value.Copy(), StringComparer.Ordinal);

    public object? Evaluate(string script, IReadOnlyList<string> keys, IReadOnlyList<string> arguments)
    {
        if (!_scripts.TryGetValue(script, out var read))
        {
            _scripts[script] = read = LuaScript.Read(script);
        }

        return read.Run(keys, arguments, Call);
    }

    public object? Call(string[] command) => command[0] switch
    {
        "TIME" => Time(),
        "GET" => Find(command[1])?.Text is { } text ? text : false,
        "SET" => Set(command),
        "EXISTS" => Find(command[1]) is null ? 0d : 1d,
        "PEXPIRE" => Expire(command[1], Number(command[2])),
        "PTTL" => Find(command[1]) switch { null => -2d, { Ends: null } => -1d, { Ends: { } ends } => Math.Ceiling(ends - Now) },
        "HGET" => (object?)Find(command[1])?.Hash.GetValueOrDefault(command[2]) ?? false,
        "HMGET" => LuaTable.Of(command[2..].Select(field => (object?)Find(command[1])?.Hash.GetValueOrDefault(field) ?? false)),
        "HEXISTS" => Find(command[1])?.Hash.ContainsKey(command[2]) == true ? 1d : 0d,
        "HSET" or "HMSET" => SetFields(command),
        "HSETNX" => Find(command[1])?.Hash.ContainsKey(command[2]) == true ? 0d : SetFields(command),
        "HDEL" => Remove(command[1], entry => command[2..].Count(entry.Hash.Remove)),
        "HINCRBY" => double.Parse(Increment(command, "0"), CultureInfo.InvariantCulture),
        "HINCRBYFLOAT" => Increment(command, "R"),
        "ZADD" => Add(command),
        "ZSCORE" => Find(command[1]) is { } scored && scored.Scores.TryGetValue(command[2], out var score) ? LuaValue.Text(score) : false,
        "ZREM" => Remove(command[1], entry => command[2..].Count(entry.Scores.Remove)),
        "ZRANGE" => Range(command, _ => true, int.Parse(command[2], CultureInfo.InvariantCulture), int.Parse(command[3], CultureInfo.InvariantCulture) + 1),
        "ZRANGEBYSCORE" => Range(command, Between(command[2], command[3]), int.Parse(command[^2], CultureInfo.InvariantCulture), int.Parse(command[^1], CultureInfo.InvariantCulture)),
        _ => throw new NotSupportedException($"The simulated Redis has no {command[0]}."),
    };

    private LuaTable Time()
    {
        var microseconds = (clock() - DateTimeOffset.UnixEpoch).Ticks / 10;
        return LuaTable.Of([Whole(microseconds / 1_000_000), Whole(microseconds % 1_000_000)]);
    }

    private object Set(string[] command)
    {
        if (command.Contains("NX") && Find(command[1]) is not null)
        {
            return false;
        }

        _entries[command[1]] = new Entry { Text = command[2], Ends = Array.IndexOf(command, "PX") is > 0 and var px ? Now + Number(command[px + 1]) : null };
        return "OK";
    }

    private double Expire(string key, double milliseconds)
    {
        if (Find(key) is not { } entry)
        {
            return 0d;
        }

        entry.Ends = Now + milliseconds;
        return 1d;
    }

    private double SetFields(string[] command)
    {
        var hash = FindOrAdd(command[1]).Hash;
        var before = hash.Count;
        for (var i = 2; i + 1 < command.Length; i += 2)
        {
            hash[command[i]] = command[i + 1];
        }

        return hash.Count - before;
    }

    private string Increment(string[] command, string format)
    {
        var hash = FindOrAdd(command[1]).Hash;
        var sum = (hash.TryGetValue(command[2], out var before) ? Number(before) : 0) + Number(command[3]);
        return hash[command[2]] = sum.ToString(format, CultureInfo.InvariantCulture);
    }

    private double Add(string[] command)
    {
        var scores = FindOrAdd(command[1]).Scores;
        var before = scores.Count;
        scores[command[3]] = Number(command[2]);
        return scores.Count - before;
    }

    /// <summary>A bracket before the least leaves it out.</summary>
    private static Func<double, bool> Between(string least, string most)
    {
        var (from, to) = (Number(least.TrimStart('(')), Number(most));
        return least.StartsWith('(') ? score => score > from && score <= to : score => score >= from && score <= to;
    }

    private LuaTable Range(string[] command, Func<double, bool> isMeant, int skip, int take)
    {
        var withScores = command.Contains("WITHSCORES");
        var found = (Find(command[1])?.Scores ?? [])
            .Where(member => isMeant(member.Value))
            .OrderBy(member => member.Value).ThenBy(member => member.Key, StringComparer.Ordinal)
            .Skip(skip).Take(take);
        return LuaTable.Of(found.SelectMany(member => withScores ? new object[] { member.Key, LuaValue.Text(member.Value) } : [member.Key]));
    }

    private double Remove(string key, Func<Entry, int> remove)
    {
        if (Find(key) is not { } entry)
        {
            return 0d;
        }

        var removed = remove(entry);
        if (entry.Hash.Count + entry.Scores.Count == 0)
        {
            _entries.Remove(key);
        }

        return removed;
    }

    private Entry? Find(string key)
    {
        if (!_entries.TryGetValue(key, out var entry) || !(entry.Ends <= Now))
        {
            return entry;
        }

        _entries.Remove(key);
        return null;
    }

    private Entry FindOrAdd(string key) => Find(key) ?? (_entries[key] = new Entry());

    private static double Number(string text) => text switch
    {
        "-inf" => double.NegativeInfinity,
        "+inf" => double.PositiveInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Entry
    {
        public string? Text { get; init; }

        public Dictionary<string, string> Hash { get; private init; } = new(StringComparer.Ordinal);

        public Dictionary<string, double> Scores { get; private init; } = new(StringComparer.Ordinal);

        public double? Ends { get; set; }

        public Entry Copy() => new() { Text = Text, Ends = Ends, Hash = new(Hash, StringComparer.Ordinal), Scores = new(Scores, StringComparer.Ordinal) };
    }
}
