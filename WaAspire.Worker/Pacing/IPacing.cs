namespace WaAspire.Worker.Pacing;

/// <summary>
/// How fast a number may send, altogether and to one recipient. It changes rates, never correctness: what it forgets is
/// at most a refusal by the provider, which spends no attempt.
/// </summary>
public interface IPacing
{
    /// <summary>Takes up to <paramref name="count"/> messages' worth from both buckets at once.</summary>
    Task<PacingGrant> TakeAsync(PacedPair pair, int count);

    /// <summary>Gives back what was taken and not sent.</summary>
    Task GiveBackAsync(PacedPair pair, int count);
}

/// <param name="AccountId">The sender.</param>
/// <param name="PerSecond">The sender's limit.</param>
/// <param name="Recipient">Whom it writes to: the thread, because a thread is one recipient.</param>
public readonly record struct PacedPair(string AccountId, int PerSecond, string Recipient);

/// <param name="Count">How many messages may go now; 0 when none.</param>
/// <param name="Wait">With 0: when one can.</param>
public readonly record struct PacingGrant(int Count, TimeSpan Wait);
