using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Outbox;

/// <summary>
/// The state machine of a message as writes: each method is one arrow, and no other code writes <c>status</c> of an
/// existing outbox document. Every write carries the fence (the update time that the decision was made on), so a
/// decision on old knowledge is refused by Firestore instead of undoing a newer one.
/// <code>
/// queued ──claim──▶ processing ──record──▶ sent | failed | queued (retry) | uncertain
///  │ ▲                   └─rescue─▶ uncertain ──resend──▶ queued
///  │ └───── giveBack ────┘              └─give up─▶ failed ──replay──▶ queued
///  └─cancel─▶ canceled   └─expire─▶ failed                       proof: any state ──▶ sent
///                                                        park: any unfinished state ──▶ uncertain
/// </code>
/// </summary>
public static partial class OutboxTransitions
{
    /// <summary>The stored form that this code writes; documents of the old system have none.</summary>
    public const long CurrentSchema = 2;

    private const int AttemptHistoryLimit = 20;
    private static readonly string[] _doubt = [OutboxFields.DoubtSince, OutboxFields.DoubtReason, OutboxFields.AssertionViolated];

    /// <summary>
    /// queued → processing. A fresh <paramref name="claimId"/> each time: a write that changes nothing would not move the
    /// fence. With <paramref name="transportId"/> where we choose the id at WhatsApp: receipts may come before the outcome.
    /// </summary>
    public static DocumentWrite Claim(
        OutboxDocument message, string workerId, string claimId, DateTimeOffset now, TimeSpan lease, TimeSpan margin, string? transportId = null) =>
        Change(
            message,
            OutboxStatus.Processing,
            new DocumentFields(transportId is null ? [] : [new(OutboxFields.TransportMessageId, transportId)])
            {
                [OutboxFields.ClaimedBy] = workerId,
                [OutboxFields.ClaimId] = claimId,
                [OutboxFields.ClaimSeq] = message.ClaimSeq + 1,
                [OutboxFields.AttemptCount] = message.AttemptCount + 1,
                [OutboxFields.LeaseUntil] = now + lease,
                [OutboxFields.NextAttemptAt] = now + lease + margin,
            },
            deleted: [],
            FieldTransform.RequestTime(OutboxFields.ClaimedAt));

    /// <summary>
    /// any other state → sent: the provider accepted it. Written by the record and, where it comes first, by proof. An id that
    /// it has already, which only a message that came back from its end can have, stays, with this one beside it.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Sent(
        OutboxDocument message, string providerMessageId, DocumentFields? delivery = null, DocumentFields? threadMessage = null)
    {
        var fields = new DocumentFields(delivery ?? [])
        {
            [OutboxFields.ProviderMessageId] = message.ProviderMessageId ?? providerMessageId,
            [OutboxFields.LastError] = FirestoreValue.Null,
            [OutboxFields.LeaseUntil] = FirestoreValue.Null,
            [OutboxFields.Success] = true,
        };
        fields.TryAdd(OutboxFields.DeliveryStatus, OutboxStatusNames.Sent);
        if (OutboxAssertions.IsSecondId(message, providerMessageId))
        {
            fields[OutboxFields.SecondProviderMessageIds] = WithSecondId(message, providerMessageId);
        }

        var shown = new DocumentFields(threadMessage ?? [])
        {
            [ThreadMessageFields.ProviderMessageId] = message.ProviderMessageId ?? providerMessageId,
        };
        shown.TryAdd(ThreadMessageFields.Status, OutboxStatusNames.Sent);
        shown.TryAdd(ThreadMessageFields.LastError, FirestoreValue.Null);
        return
        [
            Change(
                message,
                    OutboxStatus.Sent,
                fields,
                [OutboxFields.NextAttemptAt, OutboxFields.Failure, OutboxFields.FailedAt, .. _doubt, .. SettledBy(providerMessageId)],
                FieldTransform.RequestTime(OutboxFields.SentAt)),
            ShowInThread(message, shown),
            .. ActivityOfScheduled(message),
        ];
    }

    /// <summary>Under an id of ours each attempt is the same message: that it may have gone out before means nothing any more.</summary>
    private static string[] SettledBy(string providerMessageId) => TransportMessageId.IsLikely(providerMessageId) ? [OutboxFields.OutcomeUnknown] : [];

    /// <summary>sent stays sent: WhatsApp accepted the message once more, under another id. The alarm is the caller's.</summary>
    public static IReadOnlyList<DocumentWrite> SecondAcceptance(OutboxDocument message, string providerMessageId, DocumentFields? delivery = null)
    {
        var fields = new DocumentFields(delivery ?? [])
        {
            [OutboxFields.SecondProviderMessageIds] = WithSecondId(message, providerMessageId),
        };
        return
        [
            DocumentWrite.Update(
                message.Path, Precondition.UnchangedSince(message.UpdateTime), fields, deleted: null, FieldTransform.RequestTime(OutboxFields.UpdatedAt)),
        ];
    }

    /// <summary>any unfinished state → failed: a dead letter with its whole story.</summary>
    public static IReadOnlyList<DocumentWrite> Failed(OutboxDocument message, SendFault fault, DateTimeOffset now, bool outcomeUnknown = false) =>
    [
        Change(
            message,
            OutboxStatus.Failed,
            new DocumentFields(outcomeUnknown ? [new(OutboxFields.OutcomeUnknown, true)] : [])
            {
                [OutboxFields.Failure] = Describe(fault, now),
                [OutboxFields.LastError] = $"{fault.Code}: {fault.Title}",
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.Success] = false,
                [OutboxFields.AttemptHistory] = Remember(message, fault, now),
            },
            [OutboxFields.NextAttemptAt, .. _doubt],
            FieldTransform.RequestTime(OutboxFields.FailedAt)),
        ShowInThread(message, new DocumentFields
        {
            [ThreadMessageFields.Status] = OutboxStatusNames.Failed,
            [ThreadMessageFields.LastError] = fault.Title,
        }),
    ];

    /// <summary>
    /// processing or uncertain → queued: definitely not sent, due again after <paramref name="delay"/>. It keeps its place in
    /// the thread, unless it was released from the lane while its holder was still waiting for an answer.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Retry(
        OutboxDocument message, TimeSpan delay, SendFault fault, bool spendsAttempt, DateTimeOffset now) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields
            {
                [OutboxFields.NextAttemptAt] = now + delay,
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.LastError] = $"{fault.Code}: {fault.Title}",
                [OutboxFields.AttemptCount] = spendsAttempt ? message.AttemptCount : Refunded(message),
                [OutboxFields.AttemptHistory] = Remember(message, fault, now),
            },
            _doubt,
            PlaceIfReleased(message)),
    ];

    /// <summary>processing, or uncertain after a rescue, → queued without an attempt: claimed, and its holder knows that no byte left.</summary>
    public static IReadOnlyList<DocumentWrite> GiveBack(OutboxDocument message, TimeSpan delay, DateTimeOffset now) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields
            {
                [OutboxFields.NextAttemptAt] = now + delay,
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.AttemptCount] = Refunded(message),
            },
            _doubt,
            PlaceIfReleased(message)),
    ];

    /// <summary>
    /// processing → uncertain. <paramref name="policyAt"/> says when the account's policy may decide about it; without one
    /// nobody looks again by itself. The thread goes on showing <c>queued</c>.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Doubt(OutboxDocument message, string reason, DateTimeOffset? policyAt = null) =>
    [
        Change(
            message,
            OutboxStatus.Uncertain,
            new DocumentFields(policyAt is { } at ? [new(OutboxFields.NextAttemptAt, at)] : [])
            {
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.DoubtReason] = reason,
            },
            [OutboxFields.NextAttemptAt],
            FieldTransform.RequestTime(OutboxFields.DoubtSince)),
    ];

    /// <summary>Any state stays: an attempt before the last one has failed on its way. Empty when that is known.</summary>
    public static IReadOnlyList<DocumentWrite> OldFailure(OutboxDocument message, long claimSeq, SendFault fault, DateTimeOffset at) =>
        message.AttemptHistory.Any(past => past.AsMap?.Integer("claimSeq") == claimSeq && past.AsMap.Text("code") == fault.Code)
            ? []
            :
            [
                DocumentWrite.Update(
                    message.Path,
                    Precondition.UnchangedSince(message.UpdateTime),
                    new DocumentFields { [OutboxFields.AttemptHistory] = Remember(message, fault, at, claimSeq) },
                    deleted: null,
                    FieldTransform.RequestTime(OutboxFields.UpdatedAt)),
            ];

    private static DocumentWrite Change(
        OutboxDocument message, OutboxStatus status, DocumentFields fields, IEnumerable<string> deleted, params FieldTransform[] transforms)
    {
        fields[OutboxFields.Status] = status.ToStored();
        var fence = Precondition.UnchangedSince(message.UpdateTime);
#if MUTATION_ClaimWithoutFence
        fence = status == OutboxStatus.Processing ? Precondition.Present : fence;
#elif MUTATION_RecordWithoutFence
        fence = status == OutboxStatus.Processing ? fence : Precondition.Present;
#elif MUTATION_CancelWithoutFence
        fence = status == OutboxStatus.Canceled ? Precondition.Present : fence;
#endif
        return DocumentWrite.Update(
            message.Path,
            fence,
            fields,
            deleted.Where(field => !fields.ContainsKey(field)),
            [.. transforms, FieldTransform.RequestTime(OutboxFields.UpdatedAt)]);
    }

    private static DocumentWrite ShowInThread(OutboxDocument message, DocumentFields fields) =>
        DocumentWrite.Update(
            FirestorePaths.ThreadMessage(message.ThreadId!, message.RequestId),
            Precondition.Present,
            fields,
            deleted: null,
            FieldTransform.RequestTime(ThreadMessageFields.UpdatedAt));

    /// <summary>What was scheduled has not been said before it goes out: only then is it the thread's last activity.</summary>
    private static DocumentWrite[] ActivityOfScheduled(OutboxDocument message)
    {
        if (message is not { SendAt: { } sendAt, ThreadId: { } threadId })
        {
            return [];
        }

        var preview = ThreadPreview.Of(message.Body ?? "");
        return
        [
            DocumentWrite.Update(
                FirestorePaths.Thread(threadId),
                Precondition.Present,
                new DocumentFields
                {
                    [ThreadFields.LastMessageText] = preview,
                    [ThreadFields.LastMessagePreview] = preview,
                    [ThreadFields.LastMessageDirection] = "outbound",
                },
                deleted: null,
                FieldTransform.RequestTime(ThreadFields.LastMessageAt),
                FieldTransform.RequestTime(ThreadFields.UpdatedAt),
                FieldTransform.Maximum(ThreadFields.LastMessageAtMs, sendAt.ToUnixTimeMilliseconds())),
        ];
    }

    /// <summary>A queued message without a place in its thread is in no lane, so that it would never be sent.</summary>
    private static FieldTransform[] PlaceIfReleased(OutboxDocument message) =>
        message.OrderAt is null ? [FieldTransform.RequestTime(OutboxFields.OrderAt)] : [];

    private static long Refunded(OutboxDocument message) => Math.Max(0, message.AttemptCount - 1);

    internal static FirestoreValue Describe(SendFault fault, DateTimeOffset now) => FirestoreValue.From(new DocumentFields
    {
        ["code"] = fault.Code,
        ["title"] = fault.Title,
        ["retryable"] = fault.Retryable,
        ["at"] = now,
    });

    private static FirestoreValue Remember(OutboxDocument message, SendFault fault, DateTimeOffset now, long? claimSeq = null) =>
        FirestoreValue.From(message.AttemptHistory
            .Append(FirestoreValue.From(new DocumentFields
            {
                ["claimSeq"] = claimSeq ?? message.ClaimSeq,
                ["code"] = fault.Code,
                ["title"] = fault.Title,
                ["at"] = now,
            }))
            .TakeLast(AttemptHistoryLimit));
}
