using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>
/// How long things may take once nothing is broken any more: who says "in the end" says nothing. Every look notes what waits
/// though somebody should have seen to it, and since when.
/// </summary>
/// <param name="policy">What ends doubts of the Cloud API's accounts.</param>
/// <param name="healed">When the last fault ended, by the server's time.</param>
internal sealed class LivenessWatch(UnknownOutcomePolicy policy, DateTimeOffset healed)
{
    private static readonly SendingOptions _sending = new();
    private static readonly RecoveryOptions _recovery = new();

    /// <summary>From the moment at which a rule of time lets somebody act to the act. Sweeps come up to a fifth late.</summary>
    public static readonly TimeSpan Sweep = (_recovery.SweepEvery * 1.2) + TimeSpan.FromSeconds(5);

    /// <summary>V4: from the moment at which a message may be claimed to its claim, whoever's wake-up was lost.</summary>
    public static readonly TimeSpan WakeUp = TimeSpan.FromSeconds(25);

    /// <summary>V4, where the word that ended a doubt was lost while things were broken: nobody looks at such a lane sooner.</summary>
    public static readonly TimeSpan WakeUpAfterDoubt = _sending.DoubtRecheck + WakeUp;

    /// <summary>V5: the lease of an owner that is gone, and what it takes to see that, to take the account and to open the session.</summary>
    public static readonly TimeSpan Ownership = TimeSpan.FromSeconds(80);

    private readonly Dictionary<string, DateTimeOffset> _claimable = new(StringComparer.Ordinal);
    private readonly HashSet<string> _mayBeBlocked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _broken = new(StringComparer.Ordinal);
    private DateTimeOffset? _hadSession;

    public IReadOnlyCollection<string> Broken => _broken.Values;

    /// <summary>A thread that had a doubt before everything healed.</summary>
    public void HadDoubt(string thread) => _mayBeBlocked.Add(thread);

    /// <param name="now">The server's time.</param>
    /// <param name="outbox">All of it.</param>
    /// <param name="maySend">Whether this account may send now: no lawful pause, and a session if it needs one.</param>
    public void Look(DateTimeOffset now, IEnumerable<StoredDocument> outbox, Func<string, bool> maySend)
    {
        var unfinished = outbox.Select(OutboxDocument.Read).Where(message => message is { IsUnfinished: true, Schema: not null, ThreadId: not null }).ToList();
        foreach (var message in unfinished)
        {
            if (message.Status == OutboxStatus.Processing && now > Later(message.UpdateTime + _sending.Lease + _sending.Margin) + (IsLinked(message) ? Ownership + Sweep : Sweep))
            {
                Break(message, now, $"V2 not rescued: claimed by {message.ClaimedBy} at {message.UpdateTime:HH:mm:ss.fff}");
            }

            if (IsForThePolicy(message) && now > Later(message.DoubtSince!.Value + _sending.QuietPeriod) + (IsPassedOver(message) ? WakeUpAfterDoubt : Sweep))
            {
                Break(message, now, $"V3 not settled: in doubt since {message.DoubtSince:HH:mm:ss.fff} under {policy}");
            }
        }

        LookAtHeads(now, [.. Heads(unfinished).Where(head => head.Status == OutboxStatus.Queued && head.OrderAt <= now && head.NextAttemptAt <= now && maySend(head.AccountId ?? ""))]);
    }

    /// <summary>V5: whether some worker has the linked account's session open.</summary>
    public void LookAtSession(DateTimeOffset now, bool isOpen)
    {
        _hadSession = isOpen ? now : _hadSession;
        var since = _hadSession ?? healed;
        if (now > since + Ownership)
        {
            _broken.TryAdd("session", $"V5 nobody's: no session since {since:HH:mm:ss.fff}, at {now:HH:mm:ss.fff}");
        }
    }

    private void LookAtHeads(DateTimeOffset now, List<OutboxDocument> claimable)
    {
        foreach (var gone in _claimable.Keys.Except(claimable.Select(head => head.RequestId)).ToList())
        {
            _claimable.Remove(gone);
        }

        foreach (var head in claimable)
        {
            var since = _claimable.TryGetValue(head.RequestId, out var first) ? first : _claimable[head.RequestId] = now;
            if (now - since > (_mayBeBlocked.Contains(head.ThreadId!) ? WakeUpAfterDoubt : WakeUp))
            {
                Break(head, now, $"V4 not woken: it may be claimed since {since:HH:mm:ss.fff}");
            }
        }
    }

    private static IEnumerable<OutboxDocument> Heads(IEnumerable<OutboxDocument> unfinished) =>
        unfinished.Where(message => message.OrderAt is not null).GroupBy(message => message.ThreadId, StringComparer.Ordinal)
            .Select(thread => thread.OrderBy(message => message.OrderAt).ThenBy(message => message.CreateTime).ThenBy(message => message.RequestId, StringComparer.Ordinal).First());

    /// <summary>Neither is sent again after its time, nor what a person has taken from its thread.</summary>
    private bool IsForThePolicy(OutboxDocument message) =>
        message is { Status: OutboxStatus.Uncertain, OrderAt: not null, IsParked: false, DoubtSince: not null } && !IsLinked(message)
        && (policy == UnknownOutcomePolicy.Fail || (policy == UnknownOutcomePolicy.Resend && message.ExpiresAt is null));

    /// <summary>
    /// The sweep's cursor has gone by: it was written so late that its time came before the quiet period was over, or each
    /// sweep that saw it fell into an outage. Then its lane alone shows it.
    /// </summary>
    private bool IsPassedOver(OutboxDocument message) =>
        !(message.DoubtSince + _sending.QuietPeriod - message.NextAttemptAt < _recovery.SweepTrail) || message.NextAttemptAt + _recovery.SweepTrail < healed;

    /// <summary>Only its owner looks at its lanes: where nobody is, V5 comes first.</summary>
    private static bool IsLinked(OutboxDocument message) => message.AccountId == People.Clients.Linked;

    private DateTimeOffset Later(DateTimeOffset time) => time > healed ? time : healed;

    private void Break(OutboxDocument message, DateTimeOffset now, string what) => _broken.TryAdd(message.RequestId, $"{what}, and so still at {now:HH:mm:ss.fff}: {message.RequestId[..8]}");
}
