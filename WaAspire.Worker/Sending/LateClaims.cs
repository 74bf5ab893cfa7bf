using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>
/// Claims whose reply was lost and that the document did not show when it was read back. Such a claim may still land;
/// nobody would send it, and after its lease it would look like doubt. So it is looked at until its lease would have
/// ended, and given back, its attempt refunded, if it shows. Forgotten with the process: then it is doubt after all.
/// </summary>
public sealed class LateClaims(IFirestore firestore, CommitBatcher commits, ServerClock clock, ILanes lanes, IOptions<SendingOptions> options, TimeProvider time)
{
    private const int Limit = 1000;
    private readonly ConcurrentDictionary<string, (string RequestId, long Started)> _claims = new(StringComparer.Ordinal);

    public void Remember(string requestId, string claimId, long started)
    {
        if (_claims.Count < Limit)
        {
            _claims[claimId] = (requestId, started);
        }
    }

    public async Task ReviewAsync(CancellationToken cancellationToken)
    {
#if MUTATION_NoLateClaims
        _claims.Clear();
#endif
        if (_claims.IsEmpty)
        {
            return;
        }

        var watched = _claims.ToArray().OrderBy(claim => claim.Value.Started).ThenBy(claim => claim.Key, StringComparer.Ordinal).ToList();
        var read = await firestore.GetAsync([.. watched.Select(claim => FirestorePaths.OutboxMessage(claim.Value.RequestId)).Distinct()], "late-claim", cancellationToken);
        foreach (var (claimId, (requestId, started)) in watched)
        {
            var isOver = time.GetElapsedTime(started) > options.Value.Lease;
            var stored = read.Find(FirestorePaths.OutboxMessage(requestId));

            // Also after a rescue: only this worker could have sent under this claim, and it knows that it did not.
            if (stored is not null && OutboxDocument.Read(stored) is { Status: OutboxStatus.Processing or OutboxStatus.Uncertain, IsParked: false } message && message.ClaimId == claimId)
            {
                isOver |= await GiveBackAsync(message, cancellationToken);
            }

            if (isOver)
            {
                _claims.TryRemove(claimId, out _);
            }
        }
    }

    private async Task<bool> GiveBackAsync(OutboxDocument message, CancellationToken cancellationToken)
    {
        var writes = OutboxTransitions.GiveBack(message, TimeSpan.Zero, clock.Now);
        var outcome = await commits.CommitAsync(new CommitMember(writes, "late-claim", message.Path, _ => false), cancellationToken);
        await lanes.UnblockAsync(message.Lane);
        return outcome is CommitOutcome.Committed;
    }
}
