using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>What has been asked and what Firestore would bill for it: the measure of the product's cost.</summary>
internal sealed class Statistics
{
    private const int MaxNames = 1000;
    private const string Others = "(others)";
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _calls = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _readsByCollection = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _writesByCollection = new(StringComparer.Ordinal);
    private long _reads;
    private long _writes;
    private long _deletes;

    public void CountCall(string operation)
    {
        lock (_lock)
            Add(_calls, operation, 1);
    }

    public void CountReads(IEnumerable<string> collections)
    {
        foreach (var collection in collections)
            CountReads(collection, 1);
    }

    public void CountReads(string collection, int count)
    {
        lock (_lock)
        {
            _reads += count;
            Add(_readsByCollection, Pattern(collection), count);
        }
    }

    /// <summary>Billed also when nothing changed; a verify is billed as a read.</summary>
    public void CountWrites(IEnumerable<Write> writes)
    {
        foreach (var write in writes)
        {
            if (write.Kind == WriteKind.Verify)
            {
                CountReads(write.Path.Collection, 1);
                continue;
            }

            lock (_lock)
            {
                _ = write.Kind == WriteKind.Delete ? _deletes++ : _writes++;
                Add(_writesByCollection, Pattern(write.Path.Collection), 1);
            }
        }
    }

    public StatisticsReport Report()
    {
        lock (_lock)
            return new(_reads, _writes, _deletes, new(_calls), new(_readsByCollection), new(_writesByCollection));
    }

    public void Reset()
    {
        lock (_lock)
        {
            (_reads, _writes, _deletes) = (0, 0, 0);
            _calls.Clear();
            _readsByCollection.Clear();
            _writesByCollection.Clear();
        }
    }

    private static void Add(SortedDictionary<string, long> counts, string name, long count)
    {
        var key = counts.ContainsKey(name) || counts.Count < MaxNames ? name : Others;
        counts[key] = counts.GetValueOrDefault(key) + count;
    }

    /// <summary><c>threads/*/messages</c>: all collections of one shape count as one.</summary>
    private static string Pattern(string collection) =>
        string.Join('/', collection.Split('/').Select((segment, index) => index % 2 == 0 ? segment : "*"));
}

internal sealed record StatisticsReport(
    long DocumentReads,
    long DocumentWrites,
    long DocumentDeletes,
    SortedDictionary<string, long> Calls,
    SortedDictionary<string, long> ReadsByCollection,
    SortedDictionary<string, long> WritesByCollection);
