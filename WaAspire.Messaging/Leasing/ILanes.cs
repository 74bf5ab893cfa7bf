namespace WaAspire.Messaging.Leasing;

/// <summary>
/// Who sends which thread now, and when to look at it again. Everything here is a hint that may be lost, repeated or
/// late: Firestore's claim alone keeps two workers apart, and the sweep rebuilds what is lost.
/// Every call throws <see cref="LanesUnavailableException"/> when the lanes cannot be reached.
/// </summary>
public interface ILanes : ILaneUnblocker
{
    /// <summary>There is, or will be after <paramref name="delay"/>, something to send. A blocked lane is left alone; a held one looks again before it rests.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="delay">When there will be something to send.</param>
    /// <param name="committedAt">The server's time of the commit that it tells of; null where that is not known.</param>
    Task SignalAsync(Lane lane, TimeSpan delay, DateTimeOffset? committedAt = null);

    /// <summary>Takes up to <paramref name="count"/> due lanes of the accounts that <paramref name="mayTake"/> allows, each under a new token.</summary>
    /// <param name="count">At most.</param>
    /// <param name="mayTake">Whether this account may send now; one that may not is put aside for a while, for everybody.</param>
    /// <param name="isElsewhere">Whether another worker may send for this account: it is passed over and stays due for that one.</param>
    Task<IReadOnlyList<HeldLane>> AcquireAsync(int count, Func<string, bool> mayTake, Func<string, bool>? isElsewhere = null);

    /// <summary>Prolongs the holds; returns those that are no longer ours.</summary>
    Task<IReadOnlyList<HeldLane>> RenewAsync(IReadOnlyCollection<HeldLane> held);

    /// <summary>False when the token is no longer the lane's: somebody else holds it, or the lanes were lost.</summary>
    Task<bool> ReleaseAsync(HeldLane held, LaneRelease release);

    /// <summary>
    /// Takes the fleet's turn to sweep for <paramref name="turn"/>; null when another worker has it. The answer is the
    /// cursor that the last sweep left, or null to start from the beginning.
    /// </summary>
    Task<SweepTurn?> TryTakeSweepAsync(TimeSpan turn);

    /// <summary>
    /// Remembers how far the sweep has seen, if these are still the lanes that it filled. Lost together with the lanes, as it
    /// must be: lanes that were lost or exchanged during a sweep would never hear of what it had signalled until then.
    /// </summary>
    Task SaveSweepCursorAsync(SweepTurn turn, DateTimeOffset cursor);

    /// <summary>Makes the lanes of these accounts findable again, should the list of accounts with due lanes have lost one.</summary>
    Task RepairAsync(IReadOnlyCollection<string> accountIds);

    /// <summary>The account may send again: its due lanes are found at once.</summary>
    Task WakeAsync(string accountId);

    /// <summary>Completes when a signal may have arrived, when the time of a lane may have come, or after <paramref name="atMost"/>.</summary>
    Task WaitForSignalAsync(TimeSpan atMost, CancellationToken cancellationToken);
}

/// <param name="Cursor">How far the last sweep has seen; null to start from the beginning.</param>
/// <param name="Life">Names the lanes from their birth to their loss.</param>
public sealed record SweepTurn(DateTimeOffset? Cursor, string Life);

/// <summary>The lanes cannot be reached: fall back to the sweep, lose nothing.</summary>
public sealed class LanesUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>Ends what a lane waits for. No sweep does so, and nobody looks at a blocked lane for minutes: whoever implements it for a process makes sure that it is heard.</summary>
public interface ILaneUnblocker
{
    /// <summary>What blocked the lane has gone: due now, whatever its state and whatever its holder says on release.</summary>
    Task UnblockAsync(Lane lane);
}
