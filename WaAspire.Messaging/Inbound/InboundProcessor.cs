using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Stores what people write to us, each message once. Enters: messages in any order, any number of times. Leaves: when
/// marker, message and thread of each are committed together, were seen before, or the message is set aside. If we die
/// before the commit, nothing is there and the provider delivers again; if we die after it, the marker says so.
/// </summary>
public sealed class InboundProcessor : IDisposable
{
    private readonly SeenMessages _seen;
    private readonly InboundRejections _rejections;
    private readonly InboundOptions _options;
    private readonly ThreadStore _store;
    private readonly ThreadLines<InboundMessage, InboundOutcome> _lines;
    private readonly Meter _meter;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _dedupeHits;

    public InboundProcessor(
        IFirestore firestore, DocumentGatherer documents, CommitBatcher commits, ServerClock clock, SeenMessages seen, InboundRejections rejections,
        FirestoreOptions firestoreOptions, IOptions<InboundOptions> options, TimeProvider time, Random chance, IMeterFactory meters)
    {
        _seen = seen;
        _rejections = rejections;
        _options = options.Value;
        _store = new ThreadStore(
            new ThreadHomes(documents), new InboundReceipts(documents), new ReactionTargets(firestore, documents),
            commits, clock, rejections, new RetryPause(firestoreOptions, time, chance), _options);
        _lines = new(_options.MessagesPerCommit, StoreBatchAsync);
        _meter = meters.Create("WaAspire.Messaging");
        _messages = _meter.CreateCounter<long>("waaspire.inbound.messages", "{message}", "Inbound messages by type and by what became of them");
        _dedupeHits = _meter.CreateCounter<long>("waaspire.inbound.dedupe.hits", "{message}", "Inbound messages that had come before, by who remembered: redis or firestore");
    }

    /// <summary>One outcome for each message, in order.</summary>
    /// <exception cref="FirestoreException">The store is out: what is not stored yet must be delivered again.</exception>
    public async Task<IReadOnlyList<InboundOutcome>> StoreAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken)
    {
        var outcomes = new InboundOutcome?[messages.Count];
        var remembered = await _seen.RecallAsync([.. messages.Select(KeyOf).Distinct(StringComparer.Ordinal)]);
        for (var i = 0; i < messages.Count; i++)
        {
            outcomes[i] = remembered.Contains(KeyOf(messages[i])) ? InboundOutcome.Seen : Refuse(messages[i]) is null ? null : InboundOutcome.SetAside;
        }

        await _rejections.SetAsideAsync(
            [.. messages.Where((_, i) => outcomes[i] == InboundOutcome.SetAside)
                .Select(message => new RejectedUpdate(Refuse(message)!, message.Raw, Detail: null, message.AccountId))],
            cancellationToken);
        var threads = Enumerable.Range(0, messages.Count).Where(i => outcomes[i] is null)
            .GroupBy(i => ThreadId.Of(messages[i].AccountId, messages[i].Chat), StringComparer.Ordinal);
        await Task.WhenAll(threads.SelectMany(thread => thread.Chunk(_options.MessagesPerCommit).Select(async part =>
        {
            var results = await _lines.JoinAsync(thread.Key, [.. part.Select(i => messages[i])]);
            foreach (var (i, result) in part.Zip(results))
            {
                outcomes[i] = result;
            }
        })));
        foreach (var (message, outcome) in messages.Zip(outcomes))
        {
            _messages.Add(1, new("type", message.Type), new("outcome", outcome.ToString()));
            _dedupeHits.Add(outcome == InboundOutcome.Seen ? 1 : 0, new KeyValuePair<string, object?>("by", remembered.Contains(KeyOf(message)) ? "redis" : "firestore"));
        }

        return [.. outcomes.Select(outcome => outcome!.Value)];
    }

    public void Dispose() => _meter.Dispose();

    private static string KeyOf(InboundMessage message) => $"{message.AccountId}__{message.ProviderMessageId}";

    private static bool IsLawful(string providerId) => DocumentId.IsLawful(DocumentId.Escape(providerId));

    /// <summary>Why it can never be a document; null when it can.</summary>
    private string? Refuse(InboundMessage message) =>
        !IsLawful(KeyOf(message)) || !IsLawful(message.ProviderMessageId) || (message.Reaction is { } reaction && !IsLawful(reaction.TargetId)) ? "unlawful_id"
        : Encoding.UTF8.GetByteCount(message.Raw) > _options.MessageBytesMax ? "too_large"
        : null;

    /// <summary>Messages of one thread, in order. Nobody's cancellation stops it: others may wait for the same commit.</summary>
    private async Task<IReadOnlyList<InboundOutcome>> StoreBatchAsync(IReadOnlyList<InboundMessage> messages)
    {
        // The same message twice in one batch is one message; its marker cannot be created twice in one commit either.
        var distinct = messages.DistinctBy(KeyOf).ToList();
        var stored = await _store.StoreAsync(distinct, CancellationToken.None);
        var outcomes = distinct.Zip(stored).ToDictionary(pair => KeyOf(pair.First), pair => pair.Second, StringComparer.Ordinal);
        await _seen.RememberAsync([.. outcomes.Where(pair => pair.Value != InboundOutcome.SetAside).Select(pair => pair.Key)]);
        var told = new HashSet<string>(StringComparer.Ordinal);
        return [.. messages.Select(message => told.Add(KeyOf(message)) ? outcomes[KeyOf(message)] : InboundOutcome.Seen)];
    }
}
