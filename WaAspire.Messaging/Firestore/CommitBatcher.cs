namespace WaAspire.Messaging.Firestore;

/// <summary>One member of a group commit: its writes are applied together or not at all.</summary>
/// <param name="Writes">In the order in which they are to be applied.</param>
/// <param name="Purpose">What its cost is counted under.</param>
/// <param name="KeyPath">The document by which a lost reply is decided.</param>
/// <param name="IsApplied">Whether that document (null: absent) shows that this very member was applied.</param>
public sealed record CommitMember(
    IReadOnlyList<DocumentWrite> Writes, string Purpose, string KeyPath, Func<StoredDocument?, bool> IsApplied);

/// <summary>
/// Group commit. Members enter, each leaves with its own outcome. While a commit is on its way the next members gather, so
/// that load makes batches larger, not queues longer. A refusal is traced to its member by halving the batch; a lost reply
/// is read back member by member. If we die here, each member was applied as a whole or not at all.
/// </summary>
public sealed class CommitBatcher : IDisposable
{
    private const string MixedPurpose = "batch";
    private const string ReadBackPurpose = "read-back";

    private readonly IFirestore _firestore;
    private readonly FirestoreOptions _options;
    private readonly RetryPause _pause;
    private readonly GatheringLine<CommitMember, CommitOutcome> _line;

    internal CommitBatcher(IFirestore firestore, FirestoreOptions options, RetryPause pause, FirestoreCost? cost = null)
    {
        _firestore = firestore;
        _options = options;
        _pause = pause;
        _line = new(new GatheringLimits(options.BatchLines, options.BatchMembers, options.BatchBytes, options.PendingMax), members =>
        {
            cost?.Gathered(members.Count);
            return CommitAllAsync(members);
        });
    }

    /// <summary>
    /// Commits the member with whatever else is due. Cancellation takes it back only while no batch has taken it: then it
    /// throws <see cref="OperationCanceledException"/>, and nothing was written.
    /// </summary>
    public Task<CommitOutcome> CommitAsync(CommitMember member, CancellationToken cancellationToken) => _line.JoinAsync(
        member,
        [.. member.Writes.Select(write => write.Path).Append(member.KeyPath).Distinct(StringComparer.Ordinal)],
        member.Writes.Sum(WriteSize.Of),
        cancellationToken);

    public void Dispose() => _line.Dispose();

    private async Task<IReadOnlyList<CommitOutcome>> CommitAllAsync(IReadOnlyList<CommitMember> members)
    {
        var batch = new CommitBatch(members);
        var purposes = members.Select(member => member.Purpose).Distinct(StringComparer.Ordinal).ToArray();
        var purpose = purposes.Length == 1 ? purposes[0] : MixedPurpose;
        for (var attempt = 0; ; attempt++)
        {
            switch (await _firestore.CommitAsync(batch.Writes, purpose, CancellationToken.None))
            {
                case CommitOutcome.Committed committed:
                    return batch.Split(committed);
                case CommitOutcome.Lost lost:
                    return await ReadBackAsync(members, lost);
                case CommitOutcome.Refused { Status: FirestoreStatus.Aborted } when attempt < _options.AbortedRetries:
                    await _pause.WaitAsync(attempt, CancellationToken.None);
                    continue;
                case CommitOutcome.Refused refused when members.Count == 1 || ConcernsAll(refused.Status):
                    return [.. members.Select(_ => refused)];
                default:
                    return await HalveAsync(members);
            }
        }
    }

    private async Task<IReadOnlyList<CommitOutcome>> HalveAsync(IReadOnlyList<CommitMember> members)
    {
        var half = members.Count / 2;
        var first = await CommitAllAsync([.. members.Take(half)]);
        var second = await CommitAllAsync([.. members.Skip(half)]);
        return [.. first, .. second];
    }

    private async Task<IReadOnlyList<CommitOutcome>> ReadBackAsync(IReadOnlyList<CommitMember> members, CommitOutcome.Lost lost)
    {
        try
        {
            var read = await _firestore.GetAsync(
                [.. members.Select(member => member.KeyPath).Distinct(StringComparer.Ordinal)], ReadBackPurpose, CancellationToken.None);
            var documents = read.Documents.ToDictionary(document => document.Path, StringComparer.Ordinal);
            return [.. members.Select(member => Decide(member, documents.GetValueOrDefault(member.KeyPath), read.ReadTime, lost))];
        }
        catch (FirestoreException)
        {
            // The store is out: for every member the answer stays "we do not know", which is what its caller is told.
            return [.. members.Select(_ => lost)];
        }
    }

    // Not there does not mean never: a request that is still on its way may be applied after this read.
    private static CommitOutcome Decide(CommitMember member, StoredDocument? document, DateTimeOffset readTime, CommitOutcome.Lost lost)
    {
        if (!member.IsApplied(document))
            return lost;
        var time = document?.UpdateTime ?? readTime;
        return new CommitOutcome.Committed(time, [.. member.Writes.Select(write => write.IsDelete ? (DateTimeOffset?)null : time)]);
    }

    // Nobody's writes are to blame for these, so trying the members one by one would only multiply them.
    private static bool ConcernsAll(FirestoreStatus status) => status
        is FirestoreStatus.Unavailable or FirestoreStatus.ResourceExhausted or FirestoreStatus.Unauthenticated
        or FirestoreStatus.PermissionDenied or FirestoreStatus.Unimplemented;
}
