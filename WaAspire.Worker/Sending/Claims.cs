using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Sending;

/// <summary>
/// The only place that claims. A claim is the durable intent to send, written before any byte leaves, under the update
/// time that the head was read with: of two workers one is refused, quietly. If the process dies right after, the
/// message stays <c>processing</c> until its lease has ended and is then rescued as <c>uncertain</c>.
/// </summary>
public sealed class Claims(
    CommitBatcher commits, ServerClock clock, WorkerIdentity worker, AccountDirectory accounts, LateClaims late, Random chance, IOptions<SendingOptions> options, TimeProvider time)
{
    public const string Purpose = "claim";

    private readonly SendingOptions _options = options.Value;

    /// <summary>Null when another worker was faster, or when the reply is lost and the document does not show this claim.</summary>
    public async Task<ClaimedMessage?> ClaimAsync(OutboxDocument head, CancellationToken cancellationToken)
    {
        var claim = Prepare(head);
        var outcome = await commits.CommitAsync(
            new CommitMember([claim.Write], Purpose, head.Path, claim.IsShownBy),
            cancellationToken).KillPoint();
        switch (outcome)
        {
            case CommitOutcome.Committed committed:
                return claim.Held(committed.UpdateTimes[0]!.Value);
            case CommitOutcome.Lost:
#if MUTATION_LostClaimIsMine
                return claim.Held(clock.Now);
#endif
                late.Remember(head.RequestId, claim.ClaimId, claim.Started);
                return null;
            default:
                return null;
        }
    }

    /// <summary>The claim as a write, for a commit of its own or to ride with the record before it.</summary>
    public PreparedClaim Prepare(OutboxDocument head)
    {
        var started = time.GetTimestamp();
        var claimId = chance.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        var transportId = accounts.Find(head.AccountId ?? "")?.Provider == Account.Baileys ? TransportMessageId.Of(head.RequestId) : null;
        var write = OutboxTransitions.Claim(head, worker.Id, claimId, clock.Now, _options.Lease, _options.Margin, transportId);
        return new PreparedClaim(head, write, claimId, started);
    }

    /// <summary>
    /// Whether a send may still start: the lease, less the longest send and a margin, lies ahead. Counted on the
    /// monotonic clock from before the claim, so that a paused process or a wrong wall clock can only make it stop sooner.
    /// </summary>
    public bool IsTrusted(ClaimedMessage claimed) =>
#if MUTATION_NoTrustWindow
        claimed.ClaimStarted != 0 ||
#endif
        time.GetElapsedTime(claimed.ClaimStarted) < _options.Lease - _options.SendTimeout - _options.Margin;

    /// <summary>
    /// Whether its time may have run out between the claim and the send. Our idea of the server's time lags by the way home of
    /// an answer, which may be seconds; counted from before the claim was asked for, it can only be ahead.
    /// </summary>
    public bool HasExpired(ClaimedMessage claimed) =>
#if MUTATION_ExpiryBeforeTheClaim
        claimed.ClaimStarted == 0 &&
#endif
        claimed.Message.HasExpired(claimed.Fence + time.GetElapsedTime(claimed.ClaimStarted));
}

/// <summary>A claim that has not been committed yet.</summary>
public sealed record PreparedClaim(OutboxDocument Head, DocumentWrite Write, string ClaimId, long Started)
{
    /// <summary>
    /// Whether the document shows this claim, still standing: asked when the commit's reply is lost. One that was rescued or
    /// given up meanwhile keeps the claim's id, but its update time is no fence of ours.
    /// </summary>
    public bool IsShownBy(StoredDocument? stored) =>
        stored is not null && OutboxDocument.Read(stored) is { Status: OutboxStatus.Processing } message && message.ClaimId == ClaimId;

    public ClaimedMessage Held(DateTimeOffset fence) => new(
        Head with
        {
            Status = OutboxStatus.Processing,
            ClaimId = ClaimId,
            ClaimSeq = Head.ClaimSeq + 1,
            AttemptCount = Head.AttemptCount + 1,
            UpdateTime = fence,
        },
        Started);
}
