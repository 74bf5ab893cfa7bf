using System.Globalization;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>What one status does to one message: a pure decision, then writes under the update times it was made on.</summary>
/// <param name="Writes">Empty when the status says nothing new.</param>
/// <param name="Unblocks">The message left its lane.</param>
/// <param name="IsSecondProviderId">WhatsApp accepted this message twice.</param>
internal sealed record StatusDecision(IReadOnlyList<DocumentWrite> Writes, bool Unblocks, bool IsSecondProviderId)
{
    public static readonly StatusDecision Nothing = new([], false, false);

    /// <summary>It reports on an attempt of which the message knows nothing: an older document stands in the place of the one under which it was made.</summary>
    public static bool IsOfUnknownAttempt(OutboxDocument message, ProviderStatus status) => message.Schema is not null && AttemptOf(status.Opaque) > message.ClaimSeq;

    /// <summary>It says something, but there is no room for it now: it is kept aside.</summary>
    public bool IsUntimely { get; private init; }

    public static StatusDecision For(OutboxDocument message, StoredDocument? threadMessage, ProviderStatus status, DateTimeOffset now)
    {
        if (StatusRank.Of(status.Status) == 0 || message.ThreadId is null)
        {
            return Nothing;
        }

        if (status.Status == StatusRank.Failed && AttemptOf(status.Opaque) is { } attempt && attempt < message.ClaimSeq)
        {
            // A failure of an older attempt changes nothing: a newer one is on its way. It is remembered, once, but never under
            // the fence of a holder, whose own answer would be refused for it.
            return message.Status == OutboxStatus.Processing ? Nothing with { IsUntimely = true } : new StatusDecision(OutboxTransitions.OldFailure(message, attempt, FaultOf(status), status.At ?? now), false, false);
        }

        var shown = ForThread(message, threadMessage, status, now);
        if (message.Status != OutboxStatus.Sent)
        {
            // Proof: whoever reports on our message has accepted it before. It goes into any state, also a failed one.
            var proof = Delivery(message, status, now);
            if (message.IsUnfinished)
            {
                proof[OutboxFields.Proven] = true;
            }

            return new StatusDecision(
                WithLawfulCopy(OutboxTransitions.Sent(message, status.ProviderMessageId, proof, shown), threadMessage),
                message.IsUnfinished,
                OutboxAssertions.IsSecondId(message, status.ProviderMessageId));
        }

        var delivery = Delivery(message, status, now);
        var isSecond = !message.HasProviderId(status.ProviderMessageId);
        var writes = new List<DocumentWrite>();
        if (isSecond)
        {
            writes.AddRange(OutboxTransitions.SecondAcceptance(message, status.ProviderMessageId, delivery));
        }
        else if (delivery.Count > 0)
        {
            writes.Add(DocumentWrite.Update(
                message.Path, Precondition.UnchangedSince(message.UpdateTime), delivery, deleted: null, FieldTransform.RequestTime(OutboxFields.UpdatedAt)));
        }

        if (shown.Count > 0)
        {
            writes.Add(DocumentWrite.Update(
                threadMessage!.Path,
                Precondition.UnchangedSince(threadMessage.UpdateTime),
                shown,
                deleted: null,
                FieldTransform.RequestTime(ThreadMessageFields.UpdatedAt)));
        }

        return new StatusDecision(writes, false, isSecond);
    }

    /// <summary>
    /// Whether the outbox document alone tells that a status is no news: what it says is shown since the very commit that
    /// wrote <c>sent</c>, or this word. Then the thread's message need not be read.
    /// </summary>
    public static bool IsKnown(OutboxDocument message, ProviderStatus status) =>
        message is { Status: OutboxStatus.Sent, ClaimSeq: > 0 } && message.HasProviderId(status.ProviderMessageId)
        && status is { Participant: null, Conversation: null }
        && (status.Status == StatusRank.Sent
            || (status.Status == message.DeliveryStatus && status.Status != StatusRank.Failed && status.Pricing is null));

    /// <summary>Whether it reports on the newest attempt. Of one without our id nobody can tell.</summary>
    public static bool IsOfNewestAttempt(OutboxDocument message, ProviderStatus status) => AttemptOf(status.Opaque) == message.ClaimSeq;

    /// <summary>The request that <c>biz_opaque_callback_data</c> names, up to the last colon; null for somebody else's.</summary>
    public static string? RequestOf(string? opaque) => opaque?.LastIndexOf(':') is { } colon and > 0 ? opaque[..colon] : null;

    private static long? AttemptOf(string? opaque) =>
        opaque?.LastIndexOf(':') is { } colon and > 0 && long.TryParse(opaque.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) ? attempt : null;

    /// <summary>
    /// The outbox keeps the first of delivered, read and failed: one more write a message at most. But what has arrived has
    /// not failed: said the other way round, somebody would replay it.
    /// </summary>
    private static DocumentFields Delivery(OutboxDocument message, ProviderStatus status, DateTimeOffset now)
    {
        var isOpen = message.DeliveryStatus is null or StatusRank.Sent or StatusRank.Failed;
        if (!isOpen || status.Status == StatusRank.Sent || !StatusRank.Raises(message.DeliveryStatus, status.Status))
        {
            return [];
        }

        var fields = new DocumentFields { [OutboxFields.DeliveryStatus] = status.Status };
        if (status.Status == StatusRank.Failed)
        {
            fields[OutboxFields.Failure] = OutboxTransitions.Describe(FaultOf(status), status.At ?? now);
        }
        else
        {
            fields[OutboxFields.DeliveredAt] = status.At ?? now;
            if (message.DeliveryStatus == StatusRank.Failed)
            {
                fields[OutboxFields.Failure] = FirestoreValue.Null;
            }
        }

        return fields;
    }

    private static SendFault FaultOf(ProviderStatus status) =>
        new(status.ErrorCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown", status.ErrorTitle ?? "WhatsApp could not deliver it", true);

    private static DocumentFields ForThread(OutboxDocument message, StoredDocument? threadMessage, ProviderStatus status, DateTimeOffset now)
    {
        if (threadMessage is null)
        {
            return [];
        }

        // Before the proof, queued and failed are our own words: nothing that a provider says stands behind them.
        var shown = threadMessage.Fields.Text(ThreadMessageFields.Status);
        var isOurs = message.Status != OutboxStatus.Sent && StatusRank.Of(shown) <= StatusRank.Of(StatusRank.Failed);
        var fields = StatusReceipts.Of(threadMessage.Fields, status, now);
        if (isOurs || StatusRank.Raises(shown, status.Status))
        {
            Raise(fields, status, now);
            Forgive(fields, threadMessage.Fields, status);
        }
        else if (message.Status != OutboxStatus.Sent)
        {
            // The proof writes its own sent over whatever is not said here.
            fields[ThreadMessageFields.Status] = shown;
        }

        return StatusReceipts.WithPrices(fields, threadMessage.Fields, status);
    }

    private static void Raise(DocumentFields fields, ProviderStatus status, DateTimeOffset now)
    {
        // Shipped clients know sent, delivered and read; a voice note that was played was read.
        fields[ThreadMessageFields.Status] = status.Status == StatusRank.Played ? StatusRank.Read : status.Status;
        if (TimeField(status.Status) is { } field)
        {
            fields[field] = status.At ?? now;
        }

        if (status.Status == StatusRank.Failed)
        {
            fields[ThreadMessageFields.LastError] = FaultOf(status).Title;
            fields[ThreadMessageFields.Failure] = OutboxTransitions.Describe(FaultOf(status), status.At ?? now);
        }
    }

    /// <summary>It has arrived after all.</summary>
    private static void Forgive(DocumentFields fields, DocumentFields threadMessage, ProviderStatus status)
    {
        if (status.Status == StatusRank.Failed)
        {
            return;
        }

        foreach (var field in new[] { ThreadMessageFields.LastError, ThreadMessageFields.Failure })
        {
            if (threadMessage.TryGetValue(field, out var known) && known.Kind != FirestoreValueKind.Null)
            {
                fields[field] = FirestoreValue.Null;
            }
        }
    }

    private static string? TimeField(string status) => status switch
    {
        StatusRank.Delivered => ThreadMessageFields.DeliveredAt,
        StatusRank.Read => ThreadMessageFields.ReadAt,
        StatusRank.Played => ThreadMessageFields.PlayedAt,
        _ => null,
    };

    /// <summary>Without a thread message there is nothing to show: the proof is written, a ghost never.</summary>
    private static IReadOnlyList<DocumentWrite> WithLawfulCopy(IReadOnlyList<DocumentWrite> writes, StoredDocument? threadMessage) =>
        threadMessage is null ? [writes[0]] : writes;
}
