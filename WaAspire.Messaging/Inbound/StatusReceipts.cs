using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>What a status tells beside the rank: who in a group has seen the message, and what Meta charges for it.</summary>
internal static class StatusReceipts
{
    private const int ParticipantsMax = 1024;

    /// <summary><c>receipts: {participant: {status, at}}</c>, each by its own rank; empty when this one says nothing new.</summary>
    public static DocumentFields Of(DocumentFields threadMessage, ProviderStatus status, DateTimeOffset now)
    {
        var receipts = threadMessage.Map(ThreadMessageFields.Receipts);
        if (status.Participant is not { } participant
            || !StatusRank.Raises(receipts?.Map(participant)?.Text("status"), status.Status)
            || receipts?.Count >= ParticipantsMax)
        {
            return [];
        }

        var after = new DocumentFields(receipts ?? [])
        {
            [participant] = FirestoreValue.From(new DocumentFields { ["status"] = status.Status, ["at"] = status.At ?? now }),
        };
        return new DocumentFields { [ThreadMessageFields.Receipts] = FirestoreValue.From(after) };
    }

    /// <summary>
    /// Prices come twice, with <c>sent</c> and with one of delivered and read. The first is only taken along with a write that
    /// is made anyway, so that a receipt costs no more for it.
    /// </summary>
    public static DocumentFields WithPrices(DocumentFields fields, DocumentFields threadMessage, ProviderStatus status)
    {
        var isWorthIt = fields.Count > 0 || StatusRank.Of(status.Status) >= StatusRank.Of(StatusRank.Delivered);
        if (status.Pricing is { } pricing && isWorthIt && !threadMessage.ContainsKey(ThreadMessageFields.Pricing))
        {
            fields[ThreadMessageFields.Pricing] = FirestoreValue.From(pricing);
        }

        if (status.Conversation is { } conversation && !threadMessage.ContainsKey(ThreadMessageFields.Conversation))
        {
            fields[ThreadMessageFields.Conversation] = FirestoreValue.From(conversation);
        }

        return fields;
    }
}
