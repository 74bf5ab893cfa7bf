using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Stores some messages of one thread by one commit, whatever others do to the same thread meanwhile. The first try reads
/// only the thread and lets the commit find out what is new; after a refusal the markers are read, and what is missing is
/// tried again. Dying anywhere here leaves a whole commit or none.
/// </summary>
internal sealed class ThreadStore(
    ThreadHomes homes, InboundReceipts receipts, ReactionTargets targets, CommitBatcher commits, ServerClock clock,
    InboundRejections rejections, RetryPause pause, InboundOptions options)
{
    private const string Purpose = "inbound";

    /// <summary>Distinct messages of one conversation, in order. One outcome for each.</summary>
    /// <exception cref="FirestoreException">The store is out, or the thread is written by too many at once.</exception>
    public async Task<IReadOnlyList<InboundOutcome>> StoreAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken)
    {
        IReadOnlyList<InboundReceipt> known = [.. messages.Select(_ => default(InboundReceipt))];
        for (var round = 0; round < options.RoundsMax; round++)
        {
            var home = await FindHomeAsync(messages, cancellationToken);
            if (round > 0)
            {
                known = await receipts.ReadAsync(home, messages, cancellationToken);
            }

            var open = messages.Zip(known).Where(pair => !pair.Second.IsSeen).ToList();
            switch (open.Count == 0 ? null : await CommitAsync(home, open, cancellationToken))
            {
                case null or CommitOutcome.Committed:
                    return [.. known.Select(receipt => receipt.IsSeen ? InboundOutcome.Seen : InboundOutcome.Stored)];
                case CommitOutcome.Refused { Status: FirestoreStatus.InvalidArgument or FirestoreStatus.OutOfRange } refused:
                    return await OneByOneAsync(messages, refused, cancellationToken);
                case CommitOutcome.Refused
                {
                    Status: FirestoreStatus.AlreadyExists or FirestoreStatus.FailedPrecondition or FirestoreStatus.NotFound or FirestoreStatus.Aborted
                }:
                    // Seen, or the thread has moved on. At once the first time: a repeat is no contention.
                    await (round == 0 ? Task.CompletedTask : pause.WaitAsync(round, cancellationToken));
                    break;
                case CommitOutcome.Refused outage:
                    throw new FirestoreException(outage.Status, "An inbound message could not be stored.");
                case CommitOutcome.Lost:
                    // The next round sees whether it was applied.
                    break;
            }
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "A thread is written by too many at once; the provider delivers again.");
    }

    /// <summary>Firestore takes one of them never: it is found by itself, and does not take the others along.</summary>
    private async Task<IReadOnlyList<InboundOutcome>> OneByOneAsync(
        IReadOnlyList<InboundMessage> messages, CommitOutcome.Refused refused, CancellationToken cancellationToken)
    {
        if (messages is [var message])
        {
            await rejections.SetAsideAsync([new RejectedUpdate("refused", message.Raw, refused.Status.ToString(), message.AccountId)], cancellationToken);
            return [InboundOutcome.SetAside];
        }

        var outcomes = new List<InboundOutcome>();
        foreach (var single in messages)
        {
            outcomes.AddRange(await StoreAsync([single], cancellationToken));
        }

        return outcomes;
    }

    private Task<ThreadHome> FindHomeAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken) =>
        homes.FindAsync(messages[0].AccountId, messages[0].Chat, messages.SelectMany(message => message.Aliases), cancellationToken);

    private async Task<CommitOutcome> CommitAsync(
        ThreadHome home, List<(InboundMessage Message, InboundReceipt Receipt)> open, CancellationToken cancellationToken)
    {
        var moved = open.LastOrDefault(entry => entry.Message.MovedTo is not null).Message;
        var newNumber = moved is null ? null : await homes.FindAsync(moved.AccountId, moved.MovedTo!.Value, [], cancellationToken);
        var found = await targets.FindAsync(home, [.. open.Select(entry => entry.Message)], cancellationToken);
        var commit = new InboundCommit(home, newNumber, found, options, clock.Now);
        // A reaction goes onto its message, so it comes after the messages that arrive with it.
        foreach (var (message, receipt) in open.OrderBy(entry => entry.Message.IsReaction))
        {
            commit.Add(message, receipt.HasMarker);
        }

        var key = FirestorePaths.InboundMarker(open[0].Message.AccountId, open[0].Message.ProviderMessageId);
        return await commits.CommitAsync(new CommitMember(commit.Writes(), Purpose, key, _ => false), cancellationToken);
    }
}
