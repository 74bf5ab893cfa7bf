using System.Diagnostics;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.Telemetry;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Pacing;
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
    SendGate gate,
    NewContacts newContacts,
    FaultEffects effects,
    IPacing pacing,
    LaneHeads heads,
    Claims claims,
    IEnumerable<IProvider> providers,
    OutcomeRecorder recorder,
    StuckHead stuck,
    OutboxGuard guard,
    HeldLaneKeeper held,
    WorkerMetrics metrics,
    IOptions<SendingOptions> options,
    IOptions<PacingOptions> pace,
    ILogger<MessageSender> logger)
{
    private readonly SendingOptions _options = options.Value;
    private readonly Dictionary<string, IProvider> _providers = providers.ToDictionary(provider => provider.Name, StringComparer.Ordinal);

    /// <param name="lane">The lane, held.</param>
    /// <param name="stopClaiming">Ends after the message in hand.</param>
    /// <param name="work">Ends sending and recording themselves: the drain deadline.</param>
    public async Task<LaneRelease> SendLaneAsync(HeldLane lane, CancellationToken stopClaiming, CancellationToken work)
    {
        LaneHead? kept = null;
        while (!stopClaiming.IsCancellationRequested && !recorder.HoldsOldAcceptance)
        {
            // :: Step 1: Gate. An account that cannot send costs no read and no attempt; neither does a pause for the pace.
            if (!gate.TryPass(lane.Lane.AccountId, out var account))
            {
                // The account as a whole is put aside until it may send; its lanes stay due and come back with it.
                return new LaneRelease.DueIn(TimeSpan.Zero);
            }

            var pair = PacedPair.Of(account, lane.Lane.ThreadId, pace.Value);
            var grant = await pacing.TakeAsync(pair, pace.Value.TokensPerVisit).KillPoint();
            if (grant.Count == 0)
            {
                metrics.Paced();
                return grant.NumberRests ? new LaneRelease.DueIn(TimeSpan.Zero) : new LaneRelease.Blocked(grant.Wait);
            }

            var visit = new Visit(lane, account, pair, grant.Count, stopClaiming, work) { Kept = kept };
            try
            {
                if (await VisitAsync(visit).KillPoint() is { } release)
                {
                    return release;
                }
            }
            finally
            {
                await pacing.GiveBackAsync(pair, visit.TokensLeft, visit.HasAcceptance).KillPoint();
            }

            kept = visit.Kept;
        }

        return new LaneRelease.DueIn(TimeSpan.Zero);
    }

    /// <summary>Null: there is more to send, read a fresh head.</summary>
    private async Task<LaneRelease?> VisitAsync(Visit visit)
    {
        // :: Step 2: Head, read strongly, one more than the gate let through. Order comes from Firestore alone. What was read and
        // not used is not read again: its claim shows whether it is still what it was.
        var isKept = visit.Kept is not null;
        var head = await heads.ReadAsync(visit.Lane.Lane, visit.TokensLeft, visit.Kept, visit.Work).KillPoint();
        visit.Kept = null;
        var (decision, wait) = HeadRule.Decide(head.First, head.ReadTime, _options);
        if (isKept && decision != HeadDecision.Claim)
        {
            return null;
        }

        if (decision == HeadDecision.Claim && StaleBacklog.IsStale(visit.Account, head.Messages[0], _options.StaleAfter))
        {
            decision = HeadDecision.Stale;
        }

        if (decision == HeadDecision.Claim && await newContacts.WaitAsync(visit.Lane.Lane, visit.Work).KillPoint() is { } hold)
        {
            // WhatsApp takes nothing to strangers from this account for now: nothing is claimed, so nothing is spent.
            return Block(hold);
        }

        if (await stuck.TryFreeAsync(decision, head.First, head.ReadTime, visit.Work).KillPoint())
        {
            return null;
        }

        if (decision is HeadDecision.Orphaned or HeadDecision.Expired or HeadDecision.Stale or HeadDecision.Violated || (head.First is { } first && first.Lane != visit.Lane.Lane))
        {
            // What failed is not repeated in a tight loop. A thread that has moved to another account may have a head that
            // only the old account's lane may send.
            return new LaneRelease.Blocked(_options.LostClaimRest);
        }

        if (decision != HeadDecision.Claim)
        {
            return GiveBack(decision, wait, head.ReadTime);
        }

        if (!await heads.AreAheadGoneAsync(head.Messages[0], visit.Work).KillPoint())
        {
            // The person was known by another address, and what was said to that one is on its way yet.
            return new LaneRelease.Blocked(_options.LostClaimRest);
        }

#if MUTATION_ClaimNotTheHead
        head = head with { Messages = [.. head.Messages.Reverse()] };
#endif
        if (!OutboxAssertions.AreInOrder(head.Messages))
        {
            // Nothing goes out of a page whose first is not the head; its lane rests, and what was read is forgotten.
            guard.Report(OutboxAssertions.Order, head.Messages[0].RequestId);
            return new LaneRelease.Blocked(_options.LostClaimRest);
        }

        // :: Step 3: Claim = intent. A lost race is quiet; what was kept may only have changed since, which a fresh look tells.
        return await claims.ClaimAsync(head.Messages[0], visit.Work).KillPoint() is { } claimed
            ? await SendFromAsync(visit, claimed, head).KillPoint()
            : isKept ? null : new LaneRelease.Blocked(_options.LostClaimRest);
    }

    /// <summary>Sends the claimed message and those behind it, as long as each next claim rides along. Null: read a fresh head.</summary>
    private async Task<LaneRelease?> SendFromAsync(Visit visit, ClaimedMessage first, LaneHead head)
    {
        var claimed = first;
        for (var i = 1; ; i++)
        {
            using var span = MessageTrace.Send(claimed.Message);
            var outcome = await SendOneAsync(visit, claimed, span).KillPoint();
            span.Ended(outcome);

            // :: Step 7: Record under the fencing token. Step 8: the next claim rides along if the gate lets it through.
            PreparedClaim? riding = null;
            var recorded = await recorder.RecordAsync(claimed, outcome, () => riding = Next(visit, head, i), visit.Work).KillPoint();
            await effects.ActAsync(claimed.Message, outcome, recorded.State, visit.Work).KillPoint();
            if (recorded.State is OutboxStatus.Queued)
            {
                return Block(recorded.DueIn);
            }

            if (recorded.State is OutboxStatus.Uncertain or OutboxStatus.Processing)
            {
                // A doubt that may be sent again under the same id need not wait for proof.
                var isHarmless = visit.Account.Provider == Account.Baileys;
                return new LaneRelease.Blocked(recorded.State is OutboxStatus.Uncertain && !isHarmless ? _options.DoubtRecheck : _options.LostClaimRest);
            }

            if (recorded.Next is null)
            {
                // A claim that could not ride is made from a fresh head.
                visit.Kept = riding is null ? head.Behind(i) : null;

                // A signal that came since the head was read marks the lane, so that "empty" here wakes it again at once.
                return head.IsWhole && i >= head.Messages.Count ? new LaneRelease.Empty(head.ReadTime) : null;
            }

            claimed = recorded.Next;
        }
    }

    private async Task<SendOutcome> SendOneAsync(Visit visit, ClaimedMessage claimed, Activity? span)
    {
        // :: Step 4: Trust window, right before the bytes leave. Nothing has left yet, so the claim is given back.
        if (visit.StopClaiming.IsCancellationRequested || !claims.IsTrusted(claimed))
        {
            return new SendOutcome.Deferred(TimeSpan.Zero, "interrupted before sending");
        }

        if (effects.Refuse(claimed.Message) is { } refused)
        {
            return refused;
        }

        if (claims.HasExpired(claimed))
        {
            return new SendOutcome.Rejected(SendFault.Expired);
        }

        // :: Step 5: Send once. :: Step 6: Classify; the provider knows its own answers.
        metrics.Claimed(claimed);
        visit.TokensLeft--;
        var started = metrics.SendStarts();
        var outcome = await _providers[visit.Account.Provider].SendAsync(visit.Account, claimed, visit.Work).KillPoint();
        span.Called(metrics.SendEnded(started, outcome));
        if (outcome is SendOutcome.Uncertain doubt)
        {
            logger.OutcomeUncertain(claimed.Message.RequestId, doubt.Reason);
        }

        visit.HasAcceptance |= outcome is SendOutcome.Accepted;
        return await effects.WeighAsync(visit.Pair, outcome).KillPoint();
    }

    private PreparedClaim? Next(Visit visit, LaneHead head, int index)
    {
        if (index >= head.Messages.Count || visit.TokensLeft < 1 || visit.StopClaiming.IsCancellationRequested
            || recorder.HoldsOldAcceptance || held.IsLost(visit.Lane) || !gate.MaySend(visit.Lane.Lane.AccountId) || !newContacts.MayGoOn(visit.Lane.Lane))
        {
            return null;
        }

        var next = head.Messages[index];
        return next.Behind.Count == 0 && next.Lane == visit.Lane.Lane && HeadRule.Decide(next, head.ReadTime, _options).Decision == HeadDecision.Claim ? claims.Prepare(next) : null;
    }

    private LaneRelease GiveBack(HeadDecision decision, TimeSpan wait, DateTimeOffset seen) => decision switch
    {
        HeadDecision.Empty => new LaneRelease.Empty(seen),
        HeadDecision.NotDue => new LaneRelease.DueIn(wait),
        _ => Block(wait),
    };

    /// <summary>A head may wait for hours, and be canceled meanwhile while the lanes are away: those behind it must not wait as long.</summary>
    private LaneRelease.Blocked Block(TimeSpan wait) => new(wait < _options.DoubtRecheck ? wait : _options.DoubtRecheck);

    /// <summary>One round of the steps: what the gate let through, and who may end it.</summary>
    private sealed class Visit(HeldLane lane, Account account, PacedPair pair, int tokens, CancellationToken stopClaiming, CancellationToken work)
    {
        public HeldLane Lane => lane;

        public Account Account => account;

        public PacedPair Pair => pair;

        public bool HasAcceptance { get; set; }

        /// <summary>What was read of the lane and is not sent yet; null: nothing, or no longer to be relied on.</summary>
        public LaneHead? Kept { get; set; }

        public int TokensLeft { get; set; } = tokens;

        public CancellationToken StopClaiming => stopClaiming;

        public CancellationToken Work => work;
    }
}
