using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Outbox;

/// <content>The arrows that only a person takes.</content>
public static partial class OutboxTransitions
{
    /// <summary>
    /// uncertain → queued, by an operator. It keeps its place, unless it was released from the lane: then it goes to the end.
    /// One attempt is given back, so that a message in doubt at its last attempt can still go out.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Resend(OutboxDocument message) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields
            {
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.AttemptCount] = Refunded(message),
            },
            _doubt,
            [FieldTransform.RequestTime(OutboxFields.NextAttemptAt), .. PlaceIfReleased(message)]),
    ];

    /// <summary>failed → queued, by an operator, with a new budget and at the end of its thread.</summary>
    public static IReadOnlyList<DocumentWrite> Replay(OutboxDocument message) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields
            {
                [OutboxFields.AttemptCount] = 0L,
                [OutboxFields.LastError] = FirestoreValue.Null,
            },
            [OutboxFields.Failure, OutboxFields.FailedAt, OutboxFields.Success],
            FieldTransform.RequestTime(OutboxFields.NextAttemptAt),
            FieldTransform.RequestTime(OutboxFields.OrderAt)),
        ShowInThread(message, new DocumentFields
        {
            [ThreadMessageFields.Status] = OutboxStatusNames.Queued,
            [ThreadMessageFields.LastError] = FirestoreValue.Null,
        }),
    ];

    /// <summary>uncertain stays uncertain, but its thread goes on without it: a message without <c>orderAt</c> is in no lane.</summary>
    public static IReadOnlyList<DocumentWrite> Release(OutboxDocument message) =>
        [Change(message, OutboxStatus.Uncertain, [], [OutboxFields.OrderAt])];
}
