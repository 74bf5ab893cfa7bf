using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>The promise, checked from outside: what clients were told against what WhatsApp accepted.</summary>
internal static class OnceAndInOrder
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan _longestRequest = TimeSpan.FromSeconds(Durations.IsFull ? 120 : 20);

    /// <summary>Every message accepted by WhatsApp exactly once, in the order of its thread.</summary>
    public static void AssertAll(Company company, IReadOnlyDictionary<int, List<string>> told, IReadOnlyList<AcceptedMessage> accepted)
    {
        Assert.Equal(told.Values.Sum(thread => thread.Count), accepted.Count);
        AssertNothingTwiceNothingOvertaken(company, told, accepted);
    }

    /// <summary>What WhatsApp accepted, it accepted once and in the order of its thread; some may be missing.</summary>
    public static void AssertNothingTwiceNothingOvertaken(Company company, IReadOnlyDictionary<int, List<string>> told, IReadOnlyList<AcceptedMessage> accepted)
    {
        foreach (var (thread, requestIds) in told)
        {
            var seen = accepted.Where(message => message.To == company.PhoneOf(thread)).Select(message => message.RequestId).ToList();
            Assert.Equal(requestIds.Where(seen.Contains), seen);
        }
    }

    /// <summary>
    /// Waits until every message has left its lane for good. A machine that stands still for longer than a send may take leaves
    /// lawful doubt: a request that WhatsApp never read. Such a message is sent again as an operator would, when it has stayed
    /// in doubt for longer than any request lives.
    /// </summary>
    /// <returns>The messages that an operator sent again.</returns>
    public static async Task<IReadOnlySet<string>> AllSentAsync(Company company, IReadOnlyDictionary<int, List<string>> told, TimeSpan? limit = null)
    {
        var doubtSince = new Dictionary<string, long>(StringComparer.Ordinal);
        var resent = new HashSet<string>(StringComparer.Ordinal);
        await Eventually.IsTrueAsync(
            async () =>
            {
                var outbox = await company.AllOutboxAsync();
                foreach (var (id, _) in outbox.Where(message => message.Value.Status == OutboxStatus.Uncertain))
                {
                    var since = doubtSince.TryAdd(id, TimeProvider.System.GetTimestamp()) ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(doubtSince[id]);
                    if (since > _longestRequest && (await company.AcceptedAsync()).All(accepted => accepted.RequestId != id))
                    {
                        using var answer = await company.VerbAsync(id, "resend");
                        resent.Add(id);
                        doubtSince.Remove(id);
                    }
                }

                return told.Values.SelectMany(thread => thread).All(id => outbox.GetValueOrDefault(id)?.Status == OutboxStatus.Sent);
            },
            "every message is sent",
            limit ?? _patience,
            () => company.StandAsync());
        return resent;
    }
}
