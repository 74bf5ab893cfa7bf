using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// When silence about a message is taken for "it was not sent": an assumption, never proof. The model's names for its
/// three legs are quiet period, canary and whole intake; without any one of them it finds a duplicate (spec/runs.txt,
/// <c>silence-*</c>). All times are the server's.
/// </summary>
public static class SilenceRule
{
    /// <summary>Once per message, and only for an attempt of ours: the old system's carried no id that a status could bring back.</summary>
    public static bool MayAsk(OutboxDocument doubtful) => doubtful is { ClaimSeq: > 0, ClaimedAt: not null, DoubtSince: not null, OutcomeUnknown: false };

    /// <param name="doubtful">In doubt, and <see cref="MayAsk"/>.</param>
    /// <param name="all">What is known of the whole intake; null when nothing is.</param>
    /// <param name="own">The last status that was committed for this number; null when none was.</param>
    /// <param name="quietPeriod">The longest life of a request.</param>
    public static bool MeansNotSent(OutboxDocument doubtful, DocumentFields? all, DocumentFields? own, TimeSpan quietPeriod)
    {
        // A proxy writes the first mark when it starts: without any, no intake has ever told that it is whole.
        var isWhole = all?.Timestamp(IntakeFields.NotWholeAt) < doubtful.ClaimedAt;
        var isLaterAttempt = own?.Timestamp(IntakeFields.AttemptAt) > doubtful.ClaimedAt;
        var isAfterQuiet = own?.Timestamp(IntakeFields.StatusAt) > doubtful.DoubtSince + quietPeriod;
        return isWhole && isLaterAttempt && isAfterQuiet;
    }
}
