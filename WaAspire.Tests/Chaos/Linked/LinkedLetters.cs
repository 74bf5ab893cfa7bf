using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>A letter whose arrival a gateway has confirmed to WhatsApp.</summary>
/// <param name="Phone">Of the account that it was written to.</param>
/// <param name="Number">Its place among all that were confirmed.</param>
internal sealed record ConfirmedLetter(string Id, string Phone, long Number, DateTimeOffset At);

/// <summary>
/// What people wrote to QR-paired accounts. WhatsApp keeps a letter until a gateway has confirmed it; the gateway confirms it a
/// moment before it has it on its disk, and takes no other one until then. So one that is killed just then loses at most the
/// last letter of each account that it had confirmed: the only loss that nobody can make good, and the only one excused here.
/// </summary>
internal sealed class LinkedLetters(SocketStandIn sockets, ChaosPlan plan, SessionWatch sessions, IReadOnlyCollection<SessionsEnd> ends)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    /// <summary>For what is on a gateway's disk: longer than any of its pauses.</summary>
    private TimeSpan OnItsWay => TimeSpan.FromSeconds(90) * plan.SessionScale;

    /// <summary>Waits until each is stored, or WhatsApp has been told that it arrived and it has not for a while.</summary>
    /// <param name="written">All of them.</param>
    /// <param name="stored">Reads the ids of those that threads show.</param>
    /// <returns>Ids of those that are nowhere because of a kill. What else is nowhere is not among them: nothing excuses that.</returns>
    public async Task<IReadOnlyCollection<string>> LostAsync(IReadOnlyList<WrittenMessage> written, Func<Task<IReadOnlyList<string>>> stored)
    {
        var since = TimeProvider.System.GetTimestamp();
        var confirmedAt = since;
        while (true)
        {
            var missing = written.Select(letter => letter.Id).Except(await stored()).ToHashSet(StringComparer.Ordinal);
            var confirmed = missing.Count == 0 ? [] : await ConfirmedAsync();
            confirmedAt = missing.Except(confirmed.Select(letter => letter.Id)).Any() ? TimeProvider.System.GetTimestamp() : confirmedAt;
            if (missing.Count == 0)
            {
                return [];
            }

            if (TimeProvider.System.GetElapsedTime(confirmedAt) > OnItsWay || TimeProvider.System.GetElapsedTime(since) > _patience)
            {
                var explained = InFlight(confirmed, sessions.KilledWith(ends), await sockets.ComingsAsync());
                return [.. missing.Where(explained.Contains)];
            }

            await Task.Delay(_look, TimeProvider.System);
        }
    }

    /// <summary>For each kill, the one letter that the account's gateway may have had in its hands.</summary>
    /// <param name="confirmed">All that ever were.</param>
    /// <param name="kills">Whose gateway or worker was killed when.</param>
    /// <param name="comings">As WhatsApp logged them: a socket that was open then confirms until it is closed.</param>
    public static IReadOnlySet<string> InFlight(IReadOnlyList<ConfirmedLetter> confirmed, IEnumerable<(string Phone, DateTimeOffset At)> kills, IReadOnlyList<Coming> comings)
    {
        var inFlight = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (phone, at) in kills)
        {
            var mine = comings.Where(coming => coming.Phone == phone).ToList();
            var isIn = mine.LastOrDefault(coming => coming.At <= at) is { IsIn: true };
            var until = isIn ? mine.Find(coming => coming.At > at)?.At ?? DateTimeOffset.MaxValue : at;
            if (confirmed.Where(letter => letter.Phone == phone && letter.At <= until).MaxBy(letter => letter.Number) is { } last)
            {
                inFlight.Add(last.Id);
            }
        }

        return inFlight;
    }

    private async Task<IReadOnlyList<ConfirmedLetter>> ConfirmedAsync() =>
    [
        .. (await sockets.GetAsync("inbound")).EnumerateArray().Where(letter => letter.GetProperty("receipt").GetString() is not null).Select(letter => new ConfirmedLetter(
            letter.GetProperty("id").GetString()!,
            letter.GetProperty("account").GetString()!,
            letter.GetProperty("confirmed").GetInt64(),
            DateTimeOffset.FromUnixTimeMilliseconds(letter.GetProperty("confirmedAt").GetInt64()))),
    ];
}
