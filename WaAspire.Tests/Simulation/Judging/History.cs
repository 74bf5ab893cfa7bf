using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Simulation.People;
using WaAspire.Tests.Simulation.Provider;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>What one run came to, as far as the rules ask: no clock, no process, so that a test can write one by hand.</summary>
internal sealed record History
{
    public UnknownOutcomePolicy Policy { get; init; } = UnknownOutcomePolicy.Hold;

    /// <summary>Everything came to an end, and every receipt was told: only then do the rules about the end hold.</summary>
    public bool HasEnded { get; init; } = true;

    /// <summary>What people asked for.</summary>
    public IReadOnlyList<ClientMessage> Sendings { get; init; } = [];

    /// <summary>What appeared on phones, in this order.</summary>
    public IReadOnlyList<Bubble> Bubbles { get; init; } = [];

    /// <summary>What WhatsApp refused, with its code.</summary>
    public IReadOnlyList<(string RequestId, int Code)> Refusals { get; init; } = [];

    /// <summary>Receipts that were answered with 200.</summary>
    public IReadOnlyList<Receipt> Told { get; init; } = [];

    /// <summary>What people wrote to us.</summary>
    public IReadOnlyList<Letter> Letters { get; init; } = [];

    /// <summary>Of the store as it is at the end.</summary>
    public required Func<string, StoredDocument?> Find { get; init; }

    public IReadOnlyList<Bubble> BubblesOf(ClientMessage sending) => [.. Bubbles.Where(bubble => bubble.RequestId == sending.RequestId)];

    /// <summary>Accepted, and not yet at an end that its client can see.</summary>
    public IEnumerable<ClientMessage> Waiting => Sendings.Where(sending =>
        sending.IsGivenUp ? Shown(sending) == OutboxStatusNames.Queued : sending.Accepted is null || Shown(sending) is null or OutboxStatusNames.Queued);

    /// <summary>The word that its client sees.</summary>
    public string? Shown(ClientMessage sending) => Copy(sending)?.Text(ThreadMessageFields.Status);

    public DocumentFields? Copy(ClientMessage sending) => Find(FirestorePaths.ThreadMessage(sending.Request.ThreadId, sending.RequestId))?.Fields;

    public OutboxDocument? Outbox(ClientMessage sending) => Find(FirestorePaths.OutboxMessage(sending.RequestId)) is { } stored ? OutboxDocument.Read(stored) : null;
}
