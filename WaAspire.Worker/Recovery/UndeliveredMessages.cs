using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Replays what WhatsApp accepted and then failed to deliver: its id is spent, so the same words go out as a new message.
/// The new id follows from the old one; a repeat, or a lost reply, finds the message that is there.
/// </summary>
public sealed class UndeliveredMessages(DocumentGatherer documents, CommitBatcher commits, ILanes lanes)
{
    private const string Purpose = "operator";

    /// <summary>Null when the message is not one of these.</summary>
    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<(VerbResult Result, OutboxStatus? Status)?> ReplayAsync(string requestId, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(requestId)
            || await documents.GetAsync(FirestorePaths.OutboxMessage(requestId), Purpose, cancellationToken) is not { } stored
            || OutboxDocument.Read(stored) is not { Status: OutboxStatus.Sent, DeliveryStatus: StatusRank.Failed, ThreadId: { } threadId } message)
        {
            return null;
        }

        if (stored.Fields.Text(OutboxFields.ReplayedAs) is null)
        {
            var shown = await documents.GetAsync(FirestorePaths.ThreadMessage(threadId, requestId), Purpose, cancellationToken);
            var writes = OutboxTransitions.ReplayAsNew(message, stored, shown, NewIdOf(requestId));
            if (await commits.CommitAsync(new CommitMember(writes, Purpose, writes[0].Path, replay => replay is not null), cancellationToken) is not CommitOutcome.Committed)
            {
                return (VerbResult.Conflict, message.Status);
            }
        }

        await lanes.UnblockAsync(message.Lane);
        return (VerbResult.Done, message.Status);
    }

    private static string NewIdOf(string requestId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{requestId}|replay")));
}
