using WaAspire.Messaging.Leasing;

namespace WaAspire.Worker.Pacing;

/// <summary>The shared buckets while Redis answers, this worker's own while it does not.</summary>
public sealed class ResilientPacing(RedisPacing shared, LocalPacing local, ResilientLanes lanes) : IPacing
{
    public async Task<PacingGrant> TakeAsync(PacedPair pair, int count)
    {
        try
        {
            return await (lanes.IsShared ? (IPacing)shared : local).TakeAsync(pair, count);
        }
        catch (LanesUnavailableException)
        {
            return await local.TakeAsync(pair, count);
        }
    }

    public async Task GiveBackAsync(PacedPair pair, int count)
    {
        try
        {
            await (lanes.IsShared ? (IPacing)shared : local).GiveBackAsync(pair, count);
        }
        catch (LanesUnavailableException)
        {
            // What is not given back is earned again in a moment.
        }
    }
}
