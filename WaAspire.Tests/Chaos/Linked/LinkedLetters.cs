using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>
/// What people wrote to QR-paired accounts. WhatsApp keeps a letter until a gateway has confirmed it; the gateway confirms it a
/// moment before it has it on its disk, and one that is killed just then loses it: the only loss that nobody can make good.
/// </summary>
internal sealed class LinkedLetters(SocketStandIn sockets, ChaosPlan plan)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    /// <summary>For what is on a gateway's disk: longer than any of its pauses.</summary>
    private TimeSpan OnItsWay => TimeSpan.FromSeconds(90) * plan.SessionScale;

    /// <summary>Waits until each is stored, or WhatsApp has been told that it arrived and it has not for a while.</summary>
    /// <param name="written">All of them.</param>
    /// <param name="stored">Reads the ids of those that threads show.</param>
    /// <returns>Ids of those that were confirmed and are nowhere. What was not even confirmed is not among them: nothing excuses that.</returns>
    public async Task<IReadOnlyCollection<string>> LostAsync(IReadOnlyList<WrittenMessage> written, Func<Task<IReadOnlyList<string>>> stored)
    {
        var since = TimeProvider.System.GetTimestamp();
        var confirmedAt = since;
        while (true)
        {
            var missing = written.Select(letter => letter.Id).Except(await stored()).ToHashSet(StringComparer.Ordinal);
            var open = missing.Count == 0 ? [] : missing.Except(await ConfirmedAsync()).ToList();
            confirmedAt = open.Count > 0 ? TimeProvider.System.GetTimestamp() : confirmedAt;
            if (missing.Count == 0 || TimeProvider.System.GetElapsedTime(confirmedAt) > OnItsWay || TimeProvider.System.GetElapsedTime(since) > _patience)
            {
                return missing.Except(open).ToHashSet(StringComparer.Ordinal);
            }

            await Task.Delay(_look, TimeProvider.System);
        }
    }

    private async Task<IReadOnlyList<string>> ConfirmedAsync() =>
        [.. (await sockets.GetAsync("inbound")).EnumerateArray().Where(letter => letter.GetProperty("receipt").GetString() is not null).Select(letter => letter.GetProperty("id").GetString()!)];
}
