using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Recovery;

/// <summary>What a document of the old system becomes that is not done, and the write that makes it so.</summary>
public sealed class LegacyMessages(
    IFirestore firestore, CommitBatcher commits, IOptions<RecoveryOptions> options, IOptions<SendingOptions> sending, ILogger<LegacyMessages> logger)
{
    /// <returns>How many were adopted; the others are still leased, were changed meanwhile, or name no recipient.</returns>
    /// <exception cref="FirestoreException">The store gave no answer to some: the pass is to be made again.</exception>
    public async Task<int> AdoptAsync(IReadOnlyList<StoredDocument> found, DateTimeOffset readTime, CancellationToken cancellationToken)
    {
        var adoptable = found.Select(document => (Stored: document, Message: Place(OutboxDocument.Read(document)))).Where(pair => pair.Message is not null).ToList();
        if (adoptable.Count < found.Count)
        {
            logger.NotAdoptable(found.Count - adoptable.Count);
        }

        if (adoptable.Count == 0)
        {
            return 0;
        }

        var copies = await firestore.GetAsync([.. adoptable.Select(pair => CopyPath(pair.Message!))], Adoption.Purpose, cancellationToken);
        var outcomes = await Task.WhenAll(adoptable
            .Select(pair => Adopt(pair.Stored, pair.Message!, copies.Find(CopyPath(pair.Message!)) is not null, readTime))
            .OfType<CommitMember>()
            .Select(member => commits.CommitAsync(member, cancellationToken)));
        if (outcomes.Any(outcome => outcome is CommitOutcome.Lost or CommitOutcome.Refused { Status: FirestoreStatus.Aborted or FirestoreStatus.Unavailable or FirestoreStatus.ResourceExhausted }))
        {
            // Those that are left would be overtaken by whatever their threads get until the next pass: this one is not over.
            throw new FirestoreException(FirestoreStatus.Unavailable, "Documents of the old system are not adopted yet.");
        }

        return outcomes.Count(outcome => outcome is CommitOutcome.Committed);
    }

    /// <summary>
    /// Null for a document that names no account or no lawful recipient: a person has to look at it. A thread id that is no
    /// lawful path would have the whole page refused, for ever.
    /// </summary>
    private static OutboxDocument? Place(OutboxDocument message)
    {
        if (!DocumentId.IsLawful(message.AccountId) || !Jid.TryParse(message.ToJid, out var recipient))
        {
            return null;
        }

        var placed = string.IsNullOrEmpty(message.ThreadId) ? message with { ThreadId = $"{message.AccountId}__{recipient.Value}" } : message;
        return DocumentId.IsLawful(placed.ThreadId) ? placed : null;
    }

    private CommitMember? Adopt(StoredDocument stored, OutboxDocument message, bool hasCopy, DateTimeOffset readTime)
    {
        var leaseEnd = stored.Fields.Timestamp(OutboxFields.LeaseUntil) ?? stored.UpdateTime + options.Value.LegacyLease;
        if (message.Status == OutboxStatus.Processing && message.ProviderMessageId is null && leaseEnd > readTime)
        {
            // The old system may still be sending it.
            return null;
        }

        var createdAt = stored.Fields.Timestamp(OutboxFields.CreatedAt) ?? stored.CreateTime;
        var writes = OutboxTransitions.Adopt(message, createdAt, readTime, sending.Value.QuietPeriod);
        return new CommitMember(
            hasCopy ? writes : [.. writes, Copy(message, createdAt)],
            Adoption.Purpose,
            message.Path,
            document => document is not null && OutboxDocument.Read(document).Schema is not null);
    }

    private static string CopyPath(OutboxDocument message) => FirestorePaths.ThreadMessage(message.ThreadId!, message.RequestId);

    /// <summary>The old proxy wrote no message document at first; without one, clients would never see what became of the message.</summary>
    private static DocumentWrite Copy(OutboxDocument message, DateTimeOffset createdAt) => DocumentWrite.Create(
        CopyPath(message),
        new DocumentFields
        {
            [ThreadMessageFields.AccountId] = message.AccountId,
            [ThreadMessageFields.ThreadId] = message.ThreadId,
            [ThreadMessageFields.ClientJid] = message.ToJid,
            [ThreadMessageFields.Direction] = "outbound",
            [ThreadMessageFields.Body] = message.Body ?? "",
            [ThreadMessageFields.MessageType] = "text",
            [ThreadMessageFields.Status] = message switch
            {
                { Status: OutboxStatus.Failed } => OutboxStatusNames.Failed,
                { ProviderMessageId: not null } => OutboxStatusNames.Sent,
                _ => OutboxStatusNames.Queued,
            },
            [ThreadMessageFields.RequestId] = message.RequestId,
            [ThreadMessageFields.TsClient] = createdAt,
            [ThreadMessageFields.CreatedAt] = createdAt,
            [ThreadMessageFields.CreatedAtMs] = createdAt.ToUnixTimeMilliseconds(),
        },
        FieldTransform.RequestTime(ThreadMessageFields.TsServer));
}
