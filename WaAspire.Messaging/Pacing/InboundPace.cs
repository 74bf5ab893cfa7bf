using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace WaAspire.Messaging.Pacing;

/// <summary>
/// Meta counts what a number receives against the same limit as what it sends, so the intake takes from the number's
/// bucket, and tells of the rates that receipts complain about. It never waits, refuses or fails: what cannot be told
/// (Redis is away) is at most one more refusal later.
/// </summary>
public sealed class InboundPace(IConnectionMultiplexer redis, IOptions<PacingOptions> options)
{
    /// <summary>Call once for each batch and account, after the batch is stored.</summary>
    /// <param name="accountId">Whose number received.</param>
    /// <param name="count">How many messages; less than 1 does nothing.</param>
    /// <param name="perSecond"><c>accounts.throughputPerSecond</c> where the caller knows it; a number that sends has told its own.</param>
    public void Spend(string accountId, int count, int? perSecond = null)
    {
        if (count > 0)
        {
            var size = BucketSize.OfAccount(perSecond ?? options.Value.DefaultPerSecond, 1).ToArguments();
            _ = RunAsync(PaceScripts.Spend, PaceScripts.PaceKey(accountId), count, size[0], size[1]);
        }
    }

    /// <summary>A receipt says 131056: the recipient rests, as after an answer that says so.</summary>
    public void PairRefused(string accountId, string recipient) =>
        _ = RunAsync(PaceScripts.PairRefused, PaceScripts.PairKey(accountId, recipient), Milliseconds(options.Value.PairPenalty), options.Value.PairPenaltySteps);

    /// <summary>A receipt says 130429: the number is slowed down, as after an answer that says so.</summary>
    public void RateRefused(string accountId) =>
        _ = RunAsync(PaceScripts.RateRefused, PaceScripts.PaceKey(accountId), Milliseconds(options.Value.RateRecovery));

    private static RedisValue Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    /// <summary>Nobody waits for it, so nothing may escape from it.</summary>
    private async Task RunAsync(string script, RedisKey key, params RedisValue[] arguments)
    {
        try
        {
            await redis.GetDatabase().ScriptEvaluateAsync(script, [key], arguments);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            // Redis is away: pacing forgets, correctness does not rest on it.
        }
    }
}
