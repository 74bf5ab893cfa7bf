using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Time;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Leaves behind what the policy of silence asks for: the last status of each number, and when statuses may have been
/// lost. Enters: what the intake does, in passing. Leaves: a write now and then. A gap is always written before any later
/// status, and a start is a gap, so that if we die here, whatever we knew, nobody takes our silence for WhatsApp's.
/// </summary>
/// <remarks>A process that is cut off from Firestore alone cannot tell its gap while another one goes on telling statuses: docs/protocol.md.</remarks>
public sealed class IntakeEvidence(IFirestore firestore, IOptions<IntakeOptions> options, TimeProvider time) : BackgroundService
{
    private const string Purpose = "intake";
    private const int NumbersMax = 10_000;
    private const int WritesAtOnce = 100;

    private readonly ConcurrentDictionary<string, Seen> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (bool Wanted, long At)> _wanted = new(StringComparer.Ordinal);

    // What came before this process was somebody else's, and nobody can tell whether it was whole.
    private int _gaps = 1;
    private int _gapsWritten;

    /// <summary>A status of this message has been committed.</summary>
    public void Committed(OutboxDocument message, DateTimeOffset commitTime)
    {
        if (message is not { AccountId: { } accountId, ClaimedAt: { } attemptAt } || (_pending.Count >= NumbersMax && !_pending.ContainsKey(accountId)))
        {
            return;
        }

        // Of several, the one of the newest attempt says most.
        var seen = new Seen(commitTime, attemptAt);
        _pending.AddOrUpdate(accountId, _ => seen, (_, known) => known.AttemptAt > attemptAt ? known : seen);
    }

    /// <summary>A webhook request was answered other than 200, or not at all: what it held may never come again.</summary>
    public void NotWhole() => Interlocked.Increment(ref _gaps);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WriteAsync(stoppingToken);
            }
            catch (FirestoreException)
            {
                // Kept for the next time. Until then no later status is told either.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Pause.ForAsync(options.Value.WriteEvery, time, stoppingToken);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var gaps = Volatile.Read(ref _gaps);
        if (gaps != _gapsWritten)
        {
            var mark = DocumentWrite.Update(
                FirestorePaths.IntakeOf(IntakeFields.All), Precondition.None, [], deleted: null, FieldTransform.RequestTime(IntakeFields.NotWholeAt));
            if (await firestore.CommitAsync([mark], Purpose, cancellationToken) is not CommitOutcome.Committed)
            {
                return;
            }

            _gapsWritten = gaps;
        }

        foreach (var batch in _pending.ToArray().OrderBy(entry => entry.Key, StringComparer.Ordinal).Chunk(WritesAtOnce))
        {
            await WriteStatusesAsync(batch, cancellationToken);
        }
    }

    private async Task WriteStatusesAsync(KeyValuePair<string, Seen>[] batch, CancellationToken cancellationToken)
    {
        await LearnPoliciesAsync([.. batch.Select(entry => entry.Key)], cancellationToken);
        var writes = batch.Where(entry => _wanted[entry.Key].Wanted).Select(entry => DocumentWrite.Update(
            FirestorePaths.IntakeOf(entry.Key),
            Precondition.None,
            new DocumentFields { [IntakeFields.StatusAt] = entry.Value.StatusAt, [IntakeFields.AttemptAt] = entry.Value.AttemptAt })).ToArray();

        // A gap that opened meanwhile goes first, with the next turn.
        if (Volatile.Read(ref _gaps) != _gapsWritten
            || (writes.Length > 0 && await firestore.CommitAsync(writes, Purpose, cancellationToken) is not CommitOutcome.Committed))
        {
            return;
        }

        foreach (var entry in batch)
        {
            _pending.TryRemove(entry);
        }
    }

    private async Task LearnPoliciesAsync(IReadOnlyList<string> accountIds, CancellationToken cancellationToken)
    {
        if (_wanted.Count >= NumbersMax)
        {
            _wanted.Clear();
        }

        var unknown = accountIds.Where(id => !_wanted.TryGetValue(id, out var known) || time.GetElapsedTime(known.At) >= options.Value.PolicyCacheFor).ToArray();
        if (unknown.Length == 0)
        {
            return;
        }

        var read = await firestore.GetAsync([.. unknown.Select(FirestorePaths.Account)], Purpose, cancellationToken);
        foreach (var id in unknown)
        {
            var policy = UnknownOutcomePolicyNames.Parse(read.Find(FirestorePaths.Account(id))?.Fields.Text("onUnknownOutcome"));
            _wanted[id] = ((policy ?? options.Value.OnUnknownOutcome) == UnknownOutcomePolicy.ResendAfterSilence, time.GetTimestamp());
        }
    }

    private sealed record Seen(DateTimeOffset StatusAt, DateTimeOffset AttemptAt);
}
