namespace WaAspire.Messaging.Leasing;

/// <summary>How a worker that has done its part gives a lane back.</summary>
public static class LaneReturn
{
    /// <summary>
    /// Releases the lane, or has it looked at if the hold was lost (a flush, a long pause): whoever took it since may have
    /// found our message in hand or in doubt, and blocked it for long. What blocked it has gone, also if the message is to
    /// wait again, for its retry: the next look finds out until when.
    /// </summary>
    public static async Task GiveBackAsync(this ILanes lanes, HeldLane held, LaneRelease release)
    {
        if (!await lanes.ReleaseAsync(held, release))
        {
            await lanes.UnblockAsync(held.Lane);
        }
    }
}
