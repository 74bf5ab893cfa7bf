using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.People;

/// <summary>What the system before this one left unfinished: documents without a place, a number of claims or a copy in the thread.</summary>
internal static class OldSystem
{
    /// <summary>In one thread of four, one to three messages that waited there, and now and then one that was being sent when it ended.</summary>
    public static IReadOnlyList<ClientMessage> Leave(Scene scene, Random chance, string thread, string account, Jid to)
    {
        var count = chance.Next(4) == 0 ? chance.Next(1, 4) : 0;
        var left = Enumerable.Range(0, count).Select(i => new ClientMessage(RequestId.Of(thread, "old", $"{i}"), "+" + to.Value[..to.Value.IndexOf('@', StringComparison.Ordinal)])
        {
            Request = new SendRequest(thread, account, to, MessageContent.OfText($"old {i}"), $"old-{i}"),
            Asked = TimeSpan.FromSeconds(i - 60),
            Accepted = TimeSpan.FromSeconds(i - 60) + TimeSpan.FromMilliseconds(1),
        }).ToList();
        var wasSending = scene.Faults.MayDoubt && chance.Next(3) == 0;
        foreach (var (sending, i) in left.Select((sending, i) => (sending, i)))
        {
            scene.Sockets.Know(TransportMessageId.Of(sending.RequestId), sending.RequestId);
            scene.Write([DocumentWrite.Create(FirestorePaths.OutboxMessage(sending.RequestId), new DocumentFields
            {
                [OutboxFields.AccountId] = account,
                [OutboxFields.ToJid] = to.Value,
                [OutboxFields.Body] = $"old {i}",
                [OutboxFields.Status] = wasSending && i == 0 ? OutboxStatusNames.Sending : OutboxStatusNames.Queued,
                [OutboxFields.LegacyAttempts] = (long)(i % 2),
                [OutboxFields.CreatedAt] = World.Epoch + sending.Asked!.Value,
                [OutboxFields.LeaseUntil] = wasSending && i == 0 ? World.Epoch.AddSeconds(-1) : FirestoreValue.Null,
            })]);
        }

        return left;
    }
}
