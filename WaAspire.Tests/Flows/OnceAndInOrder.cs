using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>The promise, checked from outside: what clients were told against what WhatsApp accepted.</summary>
internal static class OnceAndInOrder
{
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

    /// <summary>Waits until every message has left its lane for good.</summary>
    public static Task AllSentAsync(Company company, IReadOnlyDictionary<int, List<string>> told, TimeSpan? limit = null) => Eventually.IsTrueAsync(
        async () =>
        {
            var outbox = await company.AllOutboxAsync();
            return told.Values.SelectMany(thread => thread).All(id => outbox.GetValueOrDefault(id)?.Status == OutboxStatus.Sent);
        },
        "every message is sent",
        limit);
}
