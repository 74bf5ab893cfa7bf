namespace WaAspire.Messaging.Threads;

/// <summary>Field names of <c>threads/{threadId}</c>, as shipped clients read them.</summary>
public static class ThreadFields
{
    public const string AccountId = "accountId";
    public const string CanonicalThreadId = "canonicalThreadId";
    public const string ClientJid = "clientJid";
    public const string CoWriterUids = "coWriterUids";
    public const string LastMessageAt = "lastMessageAt";
    public const string LastMessageAtMs = "lastMessageAtMs";
    public const string LastMessageDirection = "lastMessageDirection";
    public const string LastMessagePreview = "lastMessagePreview";
    public const string LastMessageText = "lastMessageText";
    public const string OwnerUid = "ownerUid";
    public const string PhoneE164 = "phoneE164";
    public const string RedirectTo = "redirectTo";
    public const string UpdatedAt = "updatedAt";
}

/// <summary>Field names of <c>threads/{threadId}/messages/{messageId}</c>, as shipped clients read them.</summary>
public static class ThreadMessageFields
{
    public const string AccountId = "accountId";
    public const string Body = "body";
    public const string ClientJid = "clientJid";
    public const string ClientMessageId = "clientMessageId";
    public const string CreatedAt = "createdAt";
    public const string CreatedAtMs = "createdAtMs";
    public const string DeliveredAt = "deliveredAt";
    public const string Direction = "direction";
    public const string LastError = "lastError";
    public const string Media = "media";
    public const string MessageType = "messageType";
    public const string ProviderMessageId = "providerMessageId";
    public const string ReadAt = "readAt";
    public const string RequestId = "requestId";
    public const string SendAt = "sendAt";
    public const string Status = "status";
    public const string ThreadId = "threadId";
    public const string TsClient = "tsClient";
    public const string TsServer = "tsServer";
    public const string UpdatedAt = "updatedAt";
}
