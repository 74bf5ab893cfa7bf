using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Telemetry;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Merges delivery statuses, and with them proves sends whose outcome was unknown. Enters: statuses in any order, any
/// number of times. Leaves: when each is committed or says nothing new. If the process dies in between, the provider
/// delivers again, and what is stored already counts as seen.
/// </summary>
public sealed class StatusIntake : IStatusIntake, IDisposable
{
    private const string Purpose = "status";
    private const int Rounds = 5;

    /// <summary>Statuses of one message that are carried together when several requests bring them.</summary>
    private const int StatusesInTurn = 100;

    /// <summary>A webhook may carry a thousand statuses of messages that are not ours: each is one query, but not all at once.</summary>
    private const int QueriesAtOnce = 16;

    private readonly SemaphoreSlim _queries = new(QueriesAtOnce);
    private readonly ThreadLines<ProviderStatus, bool?> _lines;
    private readonly IFirestore _firestore;
    private readonly DocumentGatherer _documents;
    private readonly CommitBatcher _commits;
    private readonly ServerClock _clock;
    private readonly ILaneUnblocker _lanes;
    private readonly IntakeEvidence? _evidence;
    private readonly InboundRejections _rejections;
    private readonly OutboxGuard _guard;
    private readonly ILogger<StatusIntake> _logger;
    private readonly Meter _meter;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _unknown;
    private readonly Histogram<double> _arrival;

    public StatusIntake(
        IFirestore firestore, DocumentGatherer documents, CommitBatcher commits, ServerClock clock, ILaneUnblocker lanes, InboundRejections rejections, OutboxGuard guard,
        IMeterFactory meters, ILogger<StatusIntake> logger, IntakeEvidence? evidence = null)
    {
        _firestore = firestore;
        _documents = documents;
        _commits = commits;
        _clock = clock;
        _lanes = lanes;
        _evidence = evidence;
        _rejections = rejections;
        _guard = guard;
        _logger = logger;
        _lines = new(StatusesInTurn, StoreInTurnAsync);
        _meter = meters.Create("WaAspire.Messaging");
        _duplicates = _meter.CreateCounter<long>("waaspire.outbox.duplicates", "{message}", "Messages with two provider ids");
        _unknown = _meter.CreateCounter<long>("waaspire.inbound.statuses_of_others", "{status}", "Statuses of messages that are not ours");
        _arrival = _meter.CreateHistogram(
            "waaspire.outbox.arrival.duration", "s", "From a message's place in its thread to its first receipt of a kind, by the server's clock",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets.Seconds });
    }

    public async Task<StatusIntakeResult> StoreAsync(IReadOnlyList<ProviderStatus> statuses, CancellationToken cancellationToken)
    {
        // Statuses of one message go one after the other, as they came, whichever request brought them: a group reads at once,
        // and each receipt decides on what the one before has written. Different messages share their commits.
        cancellationToken.ThrowIfCancellationRequested();
        var messages = statuses.GroupBy(status => StatusDecision.RequestOf(status.Opaque) ?? status.ProviderMessageId, StringComparer.Ordinal);
        var stored = await Task.WhenAll(messages.SelectMany(group => group.Chunk(StatusesInTurn).Select(part => _lines.JoinAsync(group.Key, part))));
        var results = stored.SelectMany(part => part).ToList();
        var unknown = results.Count(result => result is null);
        _unknown.Add(unknown);
        return new StatusIntakeResult(results.Count(result => result is true), results.Count(result => result is false), unknown);
    }

    public void Dispose()
    {
        _meter.Dispose();
        _queries.Dispose();
    }

    /// <summary>Nobody's cancellation stops it: others may wait for the same statuses.</summary>
    private async Task<IReadOnlyList<bool?>> StoreInTurnAsync(IReadOnlyList<ProviderStatus> statuses)
    {
        var results = new List<bool?>();
        foreach (var status in statuses)
        {
            results.Add(await StoreOneAsync(status, CancellationToken.None));
        }

        return results;
    }

    /// <returns>True when it changed something, false when it said nothing new, null when the message is not ours.</returns>
    private async Task<bool?> StoreOneAsync(ProviderStatus status, CancellationToken cancellationToken)
    {
        StatusDecision? unanswered = null;
        for (var round = 0; round < Rounds; round++)
        {
            if (await FindAsync(status, cancellationToken) is not { } message)
            {
                return null;
            }

            using var span = MessageTrace.Receipt(message, status.Status);
            var isKnown = message.ThreadId is null || StatusDecision.IsKnown(message, status);
            var copy = isKnown
                ? null
                : await _documents.GetAsync(FirestorePaths.ThreadMessage(message.ThreadId!, message.RequestId), Purpose, cancellationToken);
            var decision = isKnown ? StatusDecision.Nothing : StatusDecision.For(message, copy, status, _clock.Now);
            if (decision.Writes.Count == 0)
            {
                if (unanswered is not null)
                {
                    // Its reply was lost, and it was applied all the same: what it means for others is still to be told.
                    await AnnounceAsync(message, unanswered, status);
                    return true;
                }

                // A receipt that comes once more may be the only one that lives to tell what its proof means for others.
                await (message.IsProven ? _lanes.UnblockAsync(message.Lane) : Task.CompletedTask);
                await (decision.IsUntimely ? SetAsideAsync("older_attempt", status, message, cancellationToken) : Task.CompletedTask);
                return false;
            }

            var outcome = await CommitAsync(decision.Writes, message, cancellationToken);
            if (outcome is CommitOutcome.Committed committed)
            {
                if (StatusDecision.IsOfNewestAttempt(message, status))
                {
                    _evidence?.Committed(message, committed.CommitTime);
                }

                Time(message, copy, status, committed.CommitTime);
                await AnnounceAsync(message, decision with { Unblocks = decision.Unblocks || unanswered is { Unblocks: true } }, status);
                return true;
            }

            if (IsForGood(outcome))
            {
                // It would be refused for seven days on end.
                await SetAsideAsync("refused", status, message, cancellationToken);
                return false;
            }

            // Refused: somebody else wrote in between, decide again. Lost: the next round sees whether it was applied.
            unanswered = outcome is CommitOutcome.Lost ? decision : unanswered;
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "A status could not be stored; the provider will deliver it again.");
    }

    private async Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, OutboxDocument message, CancellationToken cancellationToken)
    {
        var outcome = await _commits.CommitAsync(new CommitMember(writes, Purpose, message.Path, _ => false), cancellationToken);
        DocumentWrite[] own = [.. writes.Where(write => write.Path == message.Path)];
        // A copy that Firestore never takes, or a thread that is gone, does not keep the proof from its message.
        return (IsForGood(outcome) || outcome is CommitOutcome.Refused { Status: FirestoreStatus.NotFound }) && own.Length > 0 && own.Length < writes.Count
            ? await _commits.CommitAsync(new CommitMember(own, Purpose, message.Path, _ => false), cancellationToken)
            : outcome;
    }

    /// <summary>One number for delivered and one for read: the first that says so. What a group's members do one by one is not counted.</summary>
    private void Time(OutboxDocument message, StoredDocument? copy, ProviderStatus status, DateTimeOffset now)
    {
        var isArrival = status.Status is StatusRank.Delivered or StatusRank.Read && status.Participant is null
            && StatusRank.Raises(copy?.Fields.Text(ThreadMessageFields.Status), status.Status);
        if (isArrival && message.OrderAt is { } since)
        {
            _arrival.Record(Math.Max(0, (now - since).TotalSeconds), new KeyValuePair<string, object?>("status", status.Status));
        }
    }

    private Task SetAsideAsync(string reason, ProviderStatus status, OutboxDocument message, CancellationToken cancellationToken) =>
        _rejections.SetAsideAsync([new RejectedUpdate(reason, status.Raw ?? status.ToString(), status.Status, message.AccountId)], cancellationToken);

    private static bool IsForGood(CommitOutcome outcome) => outcome is CommitOutcome.Refused { Status: FirestoreStatus.InvalidArgument or FirestoreStatus.OutOfRange };

    private async Task<OutboxDocument?> FindAsync(ProviderStatus status, CancellationToken cancellationToken)
    {
        // Not only our hashes: adopted messages keep the ids that the old system gave them.
        if (StatusDecision.RequestOf(status.Opaque) is { } requestId && DocumentId.IsLawful(requestId))
        {
            if (await _documents.GetAsync(FirestorePaths.OutboxMessage(requestId), Purpose, cancellationToken) is { } stored)
            {
                return OutboxDocument.Read(stored);
            }
        }

        // An id that we chose was written with the claim, before anybody could report on it; WhatsApp's with the outcome.
        return TransportMessageId.IsLikely(status.ProviderMessageId) && await FindByAsync(OutboxFields.TransportMessageId, status, cancellationToken) is { } ours
            ? ours
            : await FindByAsync(OutboxFields.ProviderMessageId, status, cancellationToken);
    }

    private async Task<OutboxDocument?> FindByAsync(string field, ProviderStatus status, CancellationToken cancellationToken)
    {
        await _queries.WaitAsync(cancellationToken);
        try
        {
            var query = new DocumentQuery(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(field, status.ProviderMessageId)], Limit = 1 };
            var found = await _firestore.QueryAsync(query, Purpose, cancellationToken);
            return found.Documents.Count == 0 ? null : OutboxDocument.Read(found.Documents[0]);
        }
        finally
        {
            _queries.Release();
        }
    }

    private async Task AnnounceAsync(OutboxDocument message, StatusDecision decision, ProviderStatus status)
    {
        if (decision.IsSecondProviderId)
        {
            _duplicates.Add(1);
            _guard.Report(OutboxAssertions.ProviderId, message.RequestId);
            _logger.SecondProviderId(message.RequestId);
        }

        if (StatusDecision.IsOfUnknownAttempt(message, status))
        {
            _guard.Report(OutboxAssertions.Fence, message.RequestId);
        }

        await (decision.Unblocks ? _lanes.UnblockAsync(message.Lane) : Task.CompletedTask);
    }
}
