using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The few fields of an ordinary map in two arrays, in the order in which they were given: a hash table for each of a
/// million documents would weigh more than the documents.
/// </summary>
internal sealed class CompactFields : IReadOnlyDictionary<string, Value>
{
    /// <summary>Above it looking from name to name is slower than hashing.</summary>
    public const int MaxCount = 16;

    private const int MaxNames = 10_000;

    // Field names repeat from document to document; the first string that bore a name stands for all.
    private static readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly string[] _names;
    private readonly Value[] _values;

    public CompactFields(Dictionary<string, Value> fields)
    {
        (_names, _values) = (new string[fields.Count], new Value[fields.Count]);
        var place = 0;
        foreach (var (name, value) in fields)
            (_names[place], _values[place++]) = (Shared(name), value);
    }

    public int Count => _names.Length;

    public IEnumerable<string> Keys => _names;

    public IEnumerable<Value> Values => _values;

    public Value this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Value value)
    {
        for (var place = 0; place < _names.Length; place++)
        {
            if (string.Equals(_names[place], key, StringComparison.Ordinal))
            {
                value = _values[place];
                return true;
            }
        }

        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, Value>> GetEnumerator()
    {
        for (var place = 0; place < _names.Length; place++)
            yield return new(_names[place], _values[place]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Shared(string name) =>
        _known.TryGetValue(name, out var known) ? known : _known.Count < MaxNames ? _known.GetOrAdd(name, name) : name;
}
