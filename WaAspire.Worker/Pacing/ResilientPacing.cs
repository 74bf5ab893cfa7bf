using WaAspire.Messaging.Leasing;

namespace WaAspire.Worker.Pacing;

/// <summary>The shared buckets while Redis answers, this worker's share of them while it does not: the lanes say which.</summary>
public sealed class ResilientPacing(RedisPacing shared, LocalPacing local, ResilientLanes lanes) : IPacing
{
    public Task<PacingGrant> TakeAsync(PacedPair pair, int count) => Do(pacing => pacing.TakeAsync(pair, count));

    /// <summary>To whichever answers: a bucket that gets what it did not give is full at most.</summary>
    public Task GiveBackAsync(PacedPair pair, int count, bool accepted = false) =>
        Do(async pacing => { await pacing.GiveBackAsync(pair, count, accepted); return true; });

    public Task LimitsChangedAsync(string accountId) => Do(async pacing => { await pacing.LimitsChangedAsync(accountId); return true; });

    public Task<TimeSpan> PairRefusedAsync(PacedPair pair) => Do(pacing => pacing.PairRefusedAsync(pair));

    public Task RateRefusedAsync(PacedPair pair) => Do(async pacing => { await pacing.RateRefusedAsync(pair); return true; });

    public Task<long> ProviderDownAsync(string accountId) => Do(pacing => pacing.ProviderDownAsync(accountId));

    public Task<bool> TryProbeAsync(string accountId, TimeSpan turn) => Do(pacing => pacing.TryProbeAsync(accountId, turn));

    private async Task<T> Do<T>(Func<IPacing, Task<T>> call)
    {
        try
        {
            return await call(lanes.IsShared ? shared : local);
        }
        catch (LanesUnavailableException)
        {
            return await call(local);
        }
    }
}
