using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Sending;

/// <summary>
/// Sends one lane's messages, one after the other. Enters: a lane in this worker's hand. Leaves: how to give it back.
/// <code>
///  queued ─1 gate─▶ ─2 head─▶ ─3 claim = intent─▶ processing ─4 trust─▶ ─5 send once─▶ ─6 classify─▶ ─7 record─▶ sent …
///                       ▲                                                                               │
///                       └──────────────── 8 next: claimed in the same commit as the record ◀────────────┘
/// </code>
/// If the process dies before step 3, the message is still queued; between 3 and 7 it is <c>processing</c> and becomes
/// <c>uncertain</c> when its lease has ended; after 7 it is done. No other code sends.
/// </summary>
public sealed class MessageSender(
    AccountDirectory accounts,
    LaneHeads heads,
    Claims claims,
    IEnumerable<IProvider> providers,
    OutcomeRecorder recorder,
    RescueExpiredClaim rescue,
    HeldLaneKeeper held,
    WorkerMetrics metrics,
    IOptions<SendingOptions> options,
    ILogger<MessageSender> logger)
{
    private readonly SendingOptions _options = options.Value;
    private readonly Dictionary<string, IProvider> _providers = providers.ToDictionary(provider => provider.Name, StringComparer.Ordinal);

    /// <param name="lane">The lane, held.</param>
    /// <param name="stopClaiming">Ends after the message in hand.</param>
    /// <param name="work">Ends sending and recording themselves: the drain deadline.</param>
    public async Task<LaneRelease> SendLaneAsync(HeldLane lane, CancellationToken stopClaiming, CancellationToken work)
    {
        while (!stopClaiming.IsCancellationRequested && !recorder.HoldsOldAcceptance)
        {
            // :: Step 1: Gate. An account that cannot send costs no read and no attempt.
            if (!CanSend(lane.Lane, out var account))
            {
                return new LaneRelease.Blocked(_options.LostClaimRest);
            }

            // :: Step 2: Head, read strongly. Order comes from Firestore alone.
            var head = await heads.ReadAsync(lane.Lane, work);
            var (decision, wait) = HeadRule.Decide(head.First, head.ReadTime, _options);
            if (decision == HeadDecision.Orphaned && await rescue.RescueAsync(head.Messages[0], work))
            {
                continue;
            }

            if (decision == HeadDecision.Orphaned || head.First is { } first && first.Lane != lane.Lane)
            {
                // A rescue that failed is not repeated in a tight loop. A thread that has moved to another account may have
                // a head that only the old account's lane may send.
                return new LaneRelease.Blocked(_options.LostClaimRest);
            }

            if (decision != HeadDecision.Claim)
            {
                return GiveBack(decision, wait);
            }

            // :: Step 3: Claim = intent. A lost race is quiet.
            if (await claims.ClaimAsync(head.Messages[0], work) is not { } claimed)
            {
                return new LaneRelease.Blocked(_options.LostClaimRest);
            }

            if (await SendFromAsync(lane, account, claimed, head, stopClaiming, work) is { } release)
            {
                return release;
            }
        }

        return new LaneRelease.DueIn(TimeSpan.Zero);
    }

    /// <summary>Sends the claimed message and those behind it, as long as each next claim rides along. Null: read a fresh head.</summary>
    private async Task<LaneRelease?> SendFromAsync(
        HeldLane lane, Account account, ClaimedMessage first, LaneHead head, CancellationToken stopClaiming, CancellationToken work)
    {
        var claimed = first;
        for (var i = 1; ; i++)
        {
            var outcome = await SendOneAsync(account, claimed, stopClaiming, work);

            // :: Step 7: Record under the fencing token. Step 8: the next claim rides along if the gate lets it through.
            var recorded = await recorder.RecordAsync(claimed, outcome, () => Next(lane, head, i, stopClaiming), work);
            if (recorded.State is OutboxStatus.Queued)
            {
                return new LaneRelease.Blocked(recorded.DueIn);
            }

            if (recorded.State is OutboxStatus.Uncertain or OutboxStatus.Processing)
            {
                return new LaneRelease.Blocked(recorded.State is OutboxStatus.Uncertain ? _options.DoubtRecheck : _options.LostClaimRest);
            }

            if (recorded.Next is null)
            {
                // A signal that came since the head was read marks the lane, so that "empty" here wakes it again at once.
                return head.IsWhole && i >= head.Messages.Count ? new LaneRelease.Empty() : null;
            }

            claimed = recorded.Next;
        }
    }

    private async Task<SendOutcome> SendOneAsync(Account account, ClaimedMessage claimed, CancellationToken stopClaiming, CancellationToken work)
    {
        // :: Step 4: Trust window, right before the bytes leave. Nothing has left yet, so the claim is given back.
        if (stopClaiming.IsCancellationRequested || !claims.IsTrusted(claimed))
        {
            return new SendOutcome.Deferred(TimeSpan.Zero, "interrupted before sending");
        }

        // :: Step 5: Send once. :: Step 6: Classify; the provider knows its own answers.
        var started = metrics.SendStarts();
        var outcome = await _providers[account.Provider].SendAsync(account, claimed, work);
        metrics.SendEnded(started, outcome);
        if (outcome is SendOutcome.Uncertain doubt)
        {
            logger.OutcomeUncertain(claimed.Message.RequestId, doubt.Reason);
        }

        return outcome;
    }

    private PreparedClaim? Next(HeldLane lane, LaneHead head, int index, CancellationToken stopClaiming)
    {
        if (index >= head.Messages.Count || stopClaiming.IsCancellationRequested || recorder.HoldsOldAcceptance || held.IsLost(lane) || !CanSend(lane.Lane, out _))
        {
            return null;
        }

        var next = head.Messages[index];
        return next.Lane == lane.Lane && HeadRule.Decide(next, head.ReadTime, _options).Decision == HeadDecision.Claim ? claims.Prepare(next) : null;
    }

    private bool CanSend(Lane lane, out Account account)
    {
        account = accounts.Find(lane.AccountId)!;
        return account is { MaySend: true } && _providers.ContainsKey(account.Provider);
    }

    private static LaneRelease GiveBack(HeadDecision decision, TimeSpan wait) => decision switch
    {
        HeadDecision.Empty => new LaneRelease.Empty(),
        HeadDecision.NotDue => new LaneRelease.DueIn(wait),
        _ => new LaneRelease.Blocked(wait),
    };
}
