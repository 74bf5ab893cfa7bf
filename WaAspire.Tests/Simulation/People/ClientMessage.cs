using WaAspire.Messaging.Enqueue;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.People;

/// <summary>One message as its client knows it.</summary>
internal sealed record ClientMessage(string RequestId, string Phone)
{
    /// <summary>What is asked for; its times are drawn when it is first asked.</summary>
    public required SendRequest Request { get; set; }

    public TimeSpan? Asked { get; set; }

    /// <summary>When the answer came that it is accepted; null while none has.</summary>
    public TimeSpan? Accepted { get; set; }

    /// <summary>Its time had passed before it was accepted, and nobody asks any more.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Its client has asked to take it back.</summary>
    public bool IsCancelAsked { get; set; }

    /// <summary>A person gave it up.</summary>
    public bool IsWrittenOff { get; set; }

    /// <summary>Its client was told that it is withdrawn.</summary>
    public bool IsCanceled { get; set; }

    /// <summary>A person let its thread go on without it: from then on it has no place.</summary>
    public bool HasNoPlace { get; set; }

    /// <summary>When a person replayed it, and when that was confirmed: it went to the end of its thread in between.</summary>
    public (TimeSpan From, TimeSpan? To)? Replayed { get; set; }

    /// <summary>The words that its client has seen, each time another one.</summary>
    public List<string> Seen { get; } = [];

    public TimeSpan? SendAt => Request.Times.SendAt - World.Epoch;

    public TimeSpan? ExpiresAt => Request.Times.ExpiresAt - World.Epoch;

    /// <summary>Its place in the thread lies between these two; null: that is not known.</summary>
    public TimeSpan? EarliestPlace => HasNoPlace ? null : Replayed is { } replayed ? replayed.From : SendAt ?? Asked;

    public TimeSpan? LatestPlace => HasNoPlace ? null : Replayed is { } replayed ? replayed.To : SendAt > Accepted ? SendAt : Accepted;

    /// <summary>Its time had come before it was there: it took a place in front of what was on its way already (docs/protocol.md, found 9).</summary>
    public bool IsPlacedBehindItsTime => SendAt < Accepted;

    public override string ToString() => $"{RequestId[..8]} to {Phone}";
}
