namespace WaAspire.Messaging.Firestore;

/// <summary>
/// The writes of a batch, sorted by document so that two processes lock in the same order, and the way back from the
/// sorted results to each member's own.
/// </summary>
internal sealed class CommitBatch
{
    private readonly IReadOnlyList<CommitMember> _members;
    private readonly (int Member, int Write)[] _origins;

    public CommitBatch(IReadOnlyList<CommitMember> members)
    {
        _members = members;
        // OrderBy is stable: two writes of a member to one document keep their order.
        var sorted = members
            .SelectMany((member, m) => member.Writes.Select((write, w) => (Write: write with { Purpose = write.Purpose ?? member.Purpose }, Origin: (m, w))))
            .OrderBy(entry => entry.Write.Path, StringComparer.Ordinal)
            .ToArray();
        Writes = [.. sorted.Select(entry => entry.Write)];
        _origins = [.. sorted.Select(entry => entry.Origin)];
    }

    public IReadOnlyList<DocumentWrite> Writes { get; }

    public IReadOnlyList<CommitOutcome> Split(CommitOutcome.Committed committed)
    {
        var times = _members.Select(member => new DateTimeOffset?[member.Writes.Count]).ToArray();
        for (var i = 0; i < _origins.Length; i++)
            times[_origins[i].Member][_origins[i].Write] = committed.UpdateTimes[i];
        return [.. times.Select(own => new CommitOutcome.Committed(committed.CommitTime, own))];
    }
}
