namespace WaAspire.Messaging.Threads;

/// <summary>Field names of <c>threads/{threadId}</c>, as shipped clients read them.</summary>
public static class ThreadFields
{
    public const string AccountId = "accountId";
    public const string Aliases = "aliases";
    public const string AssignedAt = "assignedAt";
    public const string AssignedTo = "assignedTo";
    public const string CanonicalThreadId = "canonicalThreadId";
    public const string ClientJid = "clientJid";
    public const string CoWriterUids = "coWriterUids";
    public const string DisplayName = "displayName";
    public const string IsLid = "isLid";
    public const string LastInboundAt = "lastInboundAt";
    public const string LastInboundAtMs = "lastInboundAtMs";
    public const string LastMessageAt = "lastMessageAt";
    public const string LastMessageAtMs = "lastMessageAtMs";
    public const string LastMessageDirection = "lastMessageDirection";
    public const string LastMessagePreview = "lastMessagePreview";
    public const string LastMessageSenderName = "lastMessageSenderName";
    public const string LastMessageText = "lastMessageText";
    public const string MigratedAt = "migratedAt";
    public const string MigratedFrom = "migratedFrom";
    public const string MigratedTo = "migratedTo";
    public const string NormalizedPhone = "normalizedPhone";
    public const string OwnerUid = "ownerUid";
    public const string Phone = "phone";
    public const string PhoneE164 = "phoneE164";
    public const string PhoneNumber = "phoneNumber";

    /// <summary>Threads that have come to point here and may still hold messages to be sent first; and when the last of them did.</summary>
    public const string Predecessors = "predecessors";
    public const string PredecessorsAt = "predecessorsAt";

    public const string RedirectTo = "redirectTo";
    public const string UnreadCount = "unreadCount";
    public const string UpdatedAt = "updatedAt";
    public const string Username = "username";
    public const string WaitingReactions = "waitingReactions";
}

/// <summary>Field names of <c>threads/{threadId}/messages/{messageId}</c>, as shipped clients read them.</summary>
public static class ThreadMessageFields
{
    public const string AccountId = "accountId";
    public const string Body = "body";
    public const string ClientJid = "clientJid";
    public const string ClientMessageId = "clientMessageId";
    public const string Context = "context";
    public const string Conversation = "conversation";
    public const string CreatedAt = "createdAt";
    public const string CreatedAtMs = "createdAtMs";
    public const string DeliveredAt = "deliveredAt";
    public const string Direction = "direction";

    /// <summary>In <see cref="Media"/>, of a linked device: {url, direct_path, media_key}, with which a worker fetches the bytes.</summary>
    public const string Download = "download";

    public const string Failure = "failure";
    public const string Forwarded = "forwarded";
    public const string FrequentlyForwarded = "frequentlyForwarded";
    public const string Key = "key";
    public const string LastError = "lastError";
    public const string Media = "media";
    public const string MessageType = "messageType";
    public const string PlayedAt = "playedAt";
    public const string Pricing = "pricing";
    public const string ProviderMessageId = "providerMessageId";
    public const string Raw = "raw";
    public const string Reactions = "reactions";
    public const string ReadAt = "readAt";
    public const string Receipts = "receipts";
    public const string RequestId = "requestId";
    public const string SendAt = "sendAt";
    public const string SenderId = "senderId";
    public const string SenderJid = "senderJid";
    public const string SenderName = "senderName";
    public const string Status = "status";
    public const string ThreadId = "threadId";
    public const string TsClient = "tsClient";
    public const string TsServer = "tsServer";
    public const string UnknownFields = "unknownFields";
    public const string UpdatedAt = "updatedAt";
    public const string WaMessageId = "waMessageId";
}
