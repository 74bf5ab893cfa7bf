using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// The only code that writes <c>accountLeases/{id}</c>. Each verb is one write under the update time that it was decided on,
/// so of two workers one is refused. A reply that is lost is read back: what names us with our epoch is ours. If we die
/// after taking, the lease runs out, and the epoch is never given again, because the document stays for ever.
/// </summary>
public sealed class LeaseStore(
    IFirestore firestore, CommitBatcher commits, ServerClock clock, WorkerIdentity self, IOptions<OwnershipOptions> options, TimeProvider time)
{
    private const string Purpose = "account-lease";
    private const int Rounds = 3;
    private readonly OwnershipOptions _options = options.Value;

    /// <summary>As many reads as accounts. The time is the server's, to compare the leases with.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<(IReadOnlyList<AccountLease> Leases, DateTimeOffset ReadTime)> ReadAsync(IReadOnlyCollection<string> accountIds, CancellationToken cancellationToken)
    {
        var read = await firestore.GetAsync([.. accountIds.Select(FirestorePaths.AccountLease)], Purpose, cancellationToken);
        var found = read.Documents.ToDictionary(document => document.Id, StringComparer.Ordinal);
        return ([.. accountIds.Select(id => AccountLease.Of(id, found.GetValueOrDefault(id)))], read.ReadTime);
    }

    /// <summary>Begins a new term. Null: somebody was faster, or the reply is lost and cannot be read back.</summary>
    public async Task<LeaseTerm?> TakeAsync(AccountLease seen, CancellationToken cancellationToken)
    {
        var (started, epoch) = (time.GetTimestamp(), seen.Epoch + 1);
        var fields = new DocumentFields
        {
            [LeaseFields.AccountId] = seen.AccountId,
            [LeaseFields.Owner] = self.Id,
            [LeaseFields.Epoch] = epoch,
            [LeaseFields.Clean] = false,
            [LeaseFields.LeaseUntil] = clock.Now + _options.Lease,
        };
        FieldTransform[] times = [FieldTransform.RequestTime(LeaseFields.TakenAt), FieldTransform.RequestTime(LeaseFields.RenewedAt)];
        var path = FirestorePaths.AccountLease(seen.AccountId);
        var write = seen.UpdateTime is { } fence
            ? DocumentWrite.Update(path, Precondition.UnchangedSince(fence), fields, [LeaseFields.LastOwner], times)
            : DocumentWrite.Create(path, fields, times);
        var outcome = await commits.CommitAsync(new CommitMember([write], Purpose, path, stored => Names(stored, epoch)), cancellationToken);
        return outcome is CommitOutcome.Committed committed ? new LeaseTerm(seen.AccountId, epoch, committed.UpdateTimes[0]!.Value, started) : null;
    }

    /// <summary>Prolongs this very term. Null: it is over, somebody else has the account.</summary>
    /// <exception cref="FirestoreException">Nobody knows; the trust of the last renewal runs on.</exception>
    public async Task<LeaseTerm?> RenewAsync(LeaseTerm term, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var fields = new DocumentFields { [LeaseFields.LeaseUntil] = clock.Now + _options.Lease };
        return await WriteAsync(term, fields, [FieldTransform.RequestTime(LeaseFields.RenewedAt)], _ => false, cancellationToken) is { } fence
            ? term with { Fence = fence, Started = started }
            : null;
    }

    /// <summary>Whether the lease names this worker, in this very term.</summary>
    public bool IsOurs(AccountLease lease, LeaseTerm term) => lease.Owner == self.Id && lease.Epoch == term.Epoch;

    /// <summary>Gives the account back, after its socket has ended. False: it was another's already.</summary>
    /// <exception cref="FirestoreException">The store is out: the lease runs out by itself.</exception>
    public async Task<bool> ReleaseAsync(LeaseTerm term, CancellationToken cancellationToken)
    {
        var fields = new DocumentFields
        {
            [LeaseFields.Owner] = FirestoreValue.Null,
            [LeaseFields.Clean] = true,
            [LeaseFields.LastOwner] = self.Id,
            [LeaseFields.LeaseUntil] = FirestoreValue.Null,
        };
        return await WriteAsync(term, fields, [], stored => IsFree(stored, term.Epoch), cancellationToken) is not null;
    }

    /// <summary>The lease's new update time. Null: it is another's.</summary>
    private async Task<DateTimeOffset?> WriteAsync(
        LeaseTerm term, DocumentFields fields, FieldTransform[] times, Func<StoredDocument?, bool> isApplied, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.AccountLease(term.AccountId);
        for (var (round, fence) = (0, term.Fence); round < Rounds; round++)
        {
#if MUTATION_LeaseWithoutFence
            var write = DocumentWrite.Update(path, Precondition.Present, fields, deleted: null, times);
#else
            var write = DocumentWrite.Update(path, Precondition.UnchangedSince(fence), fields, deleted: null, times);
#endif
            if (await commits.CommitAsync(new CommitMember([write], Purpose, path, isApplied), cancellationToken) is CommitOutcome.Committed committed)
            {
                return committed.UpdateTimes[0]!.Value;
            }

            // Refused: a renewal of ours whose reply nobody heard has moved the fence, or the account is another's.
            var (leases, _) = await ReadAsync([term.AccountId], cancellationToken);
#if MUTATION_RenewAfterLoss
            if (leases[0] is not { UpdateTime: { } moved })
#else
            if (leases[0] is not { UpdateTime: { } moved } lease || !IsOurs(lease, term))
#endif
            {
                return null;
            }

            fence = moved;
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "A lease could not be written.");
    }

    private static bool IsFree(StoredDocument? stored, long epoch) =>
        stored is not null && stored.Fields.Text(LeaseFields.Owner) is null && stored.Fields.Integer(LeaseFields.Epoch) == epoch;

    private bool Names(StoredDocument? stored, long epoch) =>
        stored is not null && stored.Fields.Text(LeaseFields.Owner) == self.Id && stored.Fields.Integer(LeaseFields.Epoch) == epoch;
}

/// <summary>One term of ownership in this worker's hand.</summary>
/// <param name="AccountId">Whose session.</param>
/// <param name="Epoch">Carried by every session write and every command.</param>
/// <param name="Fence">The lease document's update time.</param>
/// <param name="Started">Monotonic timestamp from before the last renewal was asked for: trust is counted from there.</param>
public sealed record LeaseTerm(string AccountId, long Epoch, DateTimeOffset Fence, long Started);
