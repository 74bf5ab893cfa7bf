using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>A worker, or its gateway, was ended.</summary>
/// <param name="Instance">How the ids of the worker's instances begin: each start of it is another one.</param>
/// <param name="How">For people.</param>
/// <param name="IsGateway">Only its gateway: the worker starts another one under the same leases.</param>
internal sealed record SessionsEnd(string Instance, string How, bool IsGateway, DateTimeOffset At)
{
    public const string Kill = "SIGKILL";
    public const string Term = "SIGTERM";

    /// <summary>Without a farewell: what was in its hands may be lost.</summary>
    public bool IsKill => How == Kill;
}

/// <summary>From some time on this instance held the account's lease; null: nobody.</summary>
internal sealed record SeenOwner(string AccountId, string? Instance, DateTimeOffset At);

/// <summary>How long the accounts that one end took down were away, by WhatsApp's own log.</summary>
/// <param name="Accounts">That were connected when it came.</param>
/// <param name="Longest">Until the last of them had logged in again.</param>
/// <param name="Missing">That never did.</param>
internal sealed record Absence(SessionsEnd End, int Accounts, TimeSpan Longest, int Missing)
{
    /// <param name="end">What happened.</param>
    /// <param name="phones">By account id.</param>
    /// <param name="owners">In the order of their times.</param>
    /// <param name="comings">As WhatsApp logged them.</param>
    public static Absence Of(SessionsEnd end, IReadOnlyDictionary<string, string> phones, IReadOnlyList<SeenOwner> owners, IReadOnlyList<Coming> comings)
    {
        var back = new List<TimeSpan?>();
        foreach (var (accountId, phone) in phones)
        {
            var mine = comings.Where(coming => coming.Phone == phone).ToList();
            var owner = owners.LastOrDefault(seen => seen.AccountId == accountId && seen.At <= end.At)?.Instance;

            // One that was away already is the business of whatever took it down. One that stays is another's by now, which
            // nobody had seen yet.
            var after = mine.Where(coming => coming.At >= end.At && (coming.IsLogin || !coming.IsIn)).ToList();
            if (owner?.StartsWith(end.Instance, StringComparison.Ordinal) is true && mine.LastOrDefault(coming => coming.At < end.At) is { IsIn: true } && after.Count > 0)
            {
                back.Add(after.Find(coming => coming.IsLogin) is { } login ? login.At - end.At : null);
            }
        }

        return new Absence(end, back.Count, back.OfType<TimeSpan>().DefaultIfEmpty().Max(), back.Count(took => took is null));
    }
}
