namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>What to do about an account that this worker does not hold.</summary>
/// <param name="Take">Now.</param>
/// <param name="LookIn">Otherwise: when to look at its lease again.</param>
/// <param name="IsFree">Anybody could take it.</param>
public readonly record struct OwnershipDecision(bool Take, TimeSpan LookIn, bool IsFree)
{
    /// <param name="lease">As it was just read.</param>
    /// <param name="readTime">The server's time of that reading.</param>
    /// <param name="self">This worker.</param>
    /// <param name="wish">Who should hold it, as far as this worker knows; null: nobody.</param>
    /// <param name="freeFor">How long this worker has seen it free.</param>
    /// <param name="options">Durations.</param>
    public static OwnershipDecision For(AccountLease lease, DateTimeOffset readTime, string self, string? wish, TimeSpan freeFor, OwnershipOptions options)
    {
        // A lease that names this very process, which does not hold it, is a term whose beginning or end it has not heard of.
        if (lease.EndsAt(options) is { } end && end >= readTime && lease.Owner != self)
        {
            var untilEnd = end - readTime;
            return new OwnershipDecision(false, untilEnd < options.RenewEvery ? untilEnd : options.RenewEvery, IsFree: false);
        }

        // Whoever should take it does so at once, if it lives; the others only watch for a while.
        return new OwnershipDecision(wish == self || freeFor >= options.Patience, options.Patience / 4, IsFree: true);
    }
}
