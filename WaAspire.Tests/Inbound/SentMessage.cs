using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

/// <summary>A message of ours that WhatsApp has accepted, as sending leaves it behind.</summary>
internal static class SentMessage
{
    public static async Task StoreAsync(ProxyUnderTest proxy, Customer customer, string requestId, string? providerMessageId, string status = "sent", long claimSeq = 1)
    {
        var outbox = new DocumentFields
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.AccountId] = customer.AccountId,
            [OutboxFields.ThreadId] = customer.ThreadId,
            [OutboxFields.ToJid] = customer.Jid,
            [OutboxFields.Body] = "Hello",
            [OutboxFields.Status] = status,
            [OutboxFields.ClaimSeq] = claimSeq,
            [OutboxFields.Schema] = 2,
            [OutboxFields.Shard] = (long)OutboxShard.Of(customer.ThreadId),
            [OutboxFields.OrderAt] = Customer.At,
        };
        if (providerMessageId is not null)
        {
            outbox[OutboxFields.ProviderMessageId] = providerMessageId;
            outbox[OutboxFields.DeliveryStatus] = "sent";
            outbox[OutboxFields.SentAt] = Customer.At;
        }

        await proxy.SetAsync(FirestorePaths.OutboxMessage(requestId), outbox);
        await proxy.SetAsync(FirestorePaths.ThreadMessage(customer.ThreadId, requestId), new DocumentFields
        {
            ["direction"] = "outbound",
            ["body"] = "Hello",
            ["status"] = status == "sent" ? "sent" : "queued",
            ["tsClient"] = Customer.At,
        });
    }
}
