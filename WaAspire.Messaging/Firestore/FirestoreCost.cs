using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// What Firestore bills, and how many calls it took, by purpose. Counted from answers: a lost reply may have been billed
/// and is not here. Purposes are constants of the code, so the set of tags stays small.
/// </summary>
public sealed class FirestoreCost : IDisposable
{
    public const string MeterName = "WaAspire.Firestore";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _operations;
    private readonly Histogram<int> _members;
    private readonly ConcurrentDictionary<(string Kind, string Purpose), long> _totals = new();

    public FirestoreCost()
    {
        _operations = _meter.CreateCounter<long>("waaspire.firestore.operations", "{operation}", "Reads, writes and deletes as billed, and calls.");
        _members = _meter.CreateHistogram(
            "waaspire.firestore.commit.members", "{member}", "Members that shared one group commit.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100] });
    }

    /// <summary>A copy of all totals since the process began. Kinds: <c>read</c>, <c>write</c>, <c>delete</c>, <c>rpc</c>.</summary>
    public IReadOnlyDictionary<(string Kind, string Purpose), long> Snapshot() => new Dictionary<(string, string), long>(_totals);

    public long Total(string kind) => _totals.Where(total => total.Key.Kind == kind).Sum(total => total.Value);

    public void Dispose() => _meter.Dispose();

    internal void Gathered(int members) => _members.Record(members);

    internal void Rpc<T>(Reply<T> reply, string purpose)
    {
        if (reply is not Reply<T>.NotSent)
            Add("rpc", purpose, 1);
    }

    /// <summary>A query that finds nothing is billed as one read.</summary>
    internal void Reads(string purpose, long documents) => Add("read", purpose, Math.Max(1, documents));

    internal void Writes(string purpose, IEnumerable<DocumentWrite> writes)
    {
        foreach (var group in writes.GroupBy(write => (Kind: write.IsDelete ? "delete" : "write", Purpose: write.Purpose ?? purpose)))
            Add(group.Key.Kind, group.Key.Purpose, group.Count());
    }

    private void Add(string kind, string purpose, long count)
    {
        _operations.Add(count, new("kind", kind), new("purpose", purpose));
        _totals.AddOrUpdate((kind, purpose), count, (_, total) => total + count);
    }
}
