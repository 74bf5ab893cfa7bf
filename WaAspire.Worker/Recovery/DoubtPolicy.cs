using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Telemetry;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Ends a doubt without proof where the account says so. Enters: a message in doubt. Leaves: it is queued again, given up,
/// or it goes on waiting, which is also what every missing piece of evidence means. If we die here, nothing is decided.
/// It rests on two times, the holder's trust window and the quiet period; <c>Hold</c> rests on none (docs/protocol.md).
/// </summary>
public sealed class DoubtPolicy(
    IFirestore firestore,
    CommitBatcher commits,
    ServerClock clock,
    AccountDirectory accounts,
    WorkerMetrics metrics,
    IOptions<SendingOptions> options,
    ILogger<DoubtPolicy> logger)
{
    private const string Purpose = "doubt";
    private const string CloudApi = "cloud_api";
    private static readonly SendFault _sentAgain = new("unknown_outcome", "The outcome is unknown; it is sent again by policy", true);
    private static readonly SendFault _sameId = new("unknown_outcome", "The outcome is unknown; it is sent again under the same id", true);
    private static readonly SendFault _givenUp = new("unknown_outcome", "The outcome is unknown; it is given up by policy", true);

    private readonly SendingOptions _options = options.Value;

    /// <returns>True when the message left doubt here and now.</returns>
    public async Task<bool> TrySettleAsync(OutboxDocument doubtful, DateTimeOffset readTime, CancellationToken cancellationToken)
    {
        // A message that a person released from its lane waits for a person.
        if (doubtful.OrderAt is null || accounts.Find(doubtful.AccountId ?? "") is not { } account)
        {
            return false;
        }

        if (account.Provider == Account.Baileys && doubtful.AttemptCount < _options.MaxAttempts && !doubtful.HasExpired(readTime))
        {
            // Only the account's owner takes its lanes, and the id is the same: whoever has it already shows it once.
            return await commits.TakeAsync(doubtful, OutboxTransitions.SendAgain(doubtful, _sameId, clock.Now), Purpose, cancellationToken) is CommitOutcome.Committed;
        }

#if !MUTATION_NoQuietPeriod
        if (!(doubtful.DoubtSince + _options.QuietPeriod < readTime))
        {
            return false;
        }
#endif

        var policy = account.OnUnknownOutcome ?? _options.OnUnknownOutcome;
        if (await DecideAsync(policy, account, doubtful, readTime, cancellationToken) is not { } arrow)
        {
            return false;
        }

        using var span = MessageTrace.Aid(doubtful, "settle doubt");
        if (await commits.TakeAsync(doubtful, arrow, Purpose, cancellationToken) is not CommitOutcome.Committed)
        {
            return false;
        }

        span.Done();
        metrics.DoubtEnded(policy);
        logger.DoubtEnded(doubtful.RequestId, policy);
        return true;
    }

    private async Task<IReadOnlyList<DocumentWrite>?> DecideAsync(
        UnknownOutcomePolicy policy, Account account, OutboxDocument doubtful, DateTimeOffset readTime, CancellationToken cancellationToken) => policy switch
        {
            UnknownOutcomePolicy.Fail => OutboxTransitions.GiveUp(doubtful, _givenUp, clock.Now),

            // Neither goes out again after its time: expiry does not end a doubt, and the policy has nothing left to do.
            _ when doubtful.HasExpired(readTime) => null,
            UnknownOutcomePolicy.Resend when doubtful.AttemptCount >= _options.MaxAttempts => OutboxTransitions.GiveUp(doubtful, _givenUp, clock.Now),
            UnknownOutcomePolicy.Resend => OutboxTransitions.SendAgain(doubtful, _sentAgain, clock.Now),
            UnknownOutcomePolicy.ResendAfterSilence when account.Provider == CloudApi && await IsSilentAsync(doubtful, cancellationToken) =>
                OutboxTransitions.SendAgain(doubtful, _sentAgain, clock.Now),
            _ => null,
        };

    private async Task<bool> IsSilentAsync(OutboxDocument doubtful, CancellationToken cancellationToken)
    {
        if (!SilenceRule.MayAsk(doubtful))
        {
            return false;
        }

        var (all, own) = (FirestorePaths.IntakeOf(IntakeFields.All), FirestorePaths.IntakeOf(doubtful.AccountId!));
        var read = await firestore.GetAsync([all, own], Purpose, cancellationToken);
        return SilenceRule.MeansNotSent(doubtful, read.Find(all)?.Fields, read.Find(own)?.Fields, _options.QuietPeriod);
    }
}
