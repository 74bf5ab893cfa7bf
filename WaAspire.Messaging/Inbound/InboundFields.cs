using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>The thread message of a message from outside, as shipped clients read it.</summary>
internal static class InboundFields
{
    public static DocumentFields Of(InboundMessage message, ThreadHome home, DateTimeOffset at, DateTimeOffset now)
    {
        var fields = new DocumentFields(message.Details)
        {
            [ThreadMessageFields.AccountId] = message.AccountId,
            [ThreadMessageFields.ThreadId] = home.ThreadId,
            [ThreadMessageFields.ClientJid] = home.Contact.Value,
            [ThreadMessageFields.Direction] = message.Direction,
            [ThreadMessageFields.Body] = message.Body ?? "",
            [ThreadMessageFields.MessageType] = message.Type,
            [ThreadMessageFields.ProviderMessageId] = message.ProviderMessageId,
            [ThreadMessageFields.WaMessageId] = message.ProviderMessageId,
            [ThreadMessageFields.Status] = message.IsOwn ? StatusRank.Sent : StatusRank.Delivered,
            // Never null, and always a timestamp: clients sort by it, and hide a message without it.
            [ThreadMessageFields.TsClient] = at,
            [ThreadMessageFields.CreatedAtMs] = at.ToUnixTimeMilliseconds(),
            [ThreadMessageFields.Key] = FirestoreValue.From(KeyOf(message)),
        };
        if (message.SyncSource is { } source)
        {
            (fields["syncSource"], fields["syncedAt"]) = (source, now);
        }

        if (message.Media is { } media)
        {
            fields[ThreadMessageFields.Media] = FirestoreValue.From(media);
        }

        if (message.SenderName is { } name)
        {
            fields[ThreadMessageFields.SenderName] = name;
        }

        if (message.Sender is { } sender)
        {
            fields[ThreadMessageFields.SenderJid] = sender.Value;
            fields[ThreadMessageFields.SenderId] = sender.User;
        }

        return fields;
    }

    private static DocumentFields KeyOf(InboundMessage message)
    {
        var key = new DocumentFields
        {
            ["id"] = message.ProviderMessageId,
            ["remoteJid"] = message.Chat.Value,
            ["fromMe"] = message.IsOwn,
        };
        if (message.At is { } at)
        {
            key["timestamp"] = at.ToUnixTimeSeconds();
        }

        if (message.Sender is { } sender)
        {
            key["participant"] = sender.Value;
        }

        return key;
    }
}
