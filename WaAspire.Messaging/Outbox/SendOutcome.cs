using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Outbox;

/// <summary>A closed set: what became of one attempt. Every answer of every provider ends in one of these.</summary>
public abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <summary>The provider took it and gave it this id.</summary>
    public sealed record Accepted(string ProviderMessageId) : SendOutcome;

    /// <summary>Definitely not sent, worth another attempt after the delay. <paramref name="SpendsAttempt"/> is false where the fault is not the message's.</summary>
    public sealed record RetryLater(TimeSpan Delay, SendFault Fault, bool SpendsAttempt) : SendOutcome;

    /// <summary>Not attempted at all: given back, nothing spent.</summary>
    public sealed record Deferred(TimeSpan Delay, string Reason) : SendOutcome;

    /// <summary>Definitely not sent and never to be: a dead letter now.</summary>
    public sealed record Rejected(SendFault Fault) : SendOutcome;

    /// <summary>Bytes may have left and no answer tells.</summary>
    public sealed record Uncertain(string Reason) : SendOutcome;
}

/// <summary>Why an attempt failed, in words that carry nothing personal.</summary>
/// <param name="Code">The provider's number as text (<c>131056</c>), or a word of ours (<c>connect</c>, <c>operator</c>).</param>
/// <param name="Title">One line for people.</param>
/// <param name="Retryable">Whether a replay can help.</param>
public sealed record SendFault(string Code, string Title, bool Retryable)
{
    /// <summary>What the error table asks for besides; null for a fault that is only the message's.</summary>
    public ErrorRule? Rule { get; init; }

    /// <summary>How long the provider itself asks to wait.</summary>
    public TimeSpan? Hint { get; init; }

    public static readonly SendFault Expired = new("expired", "It was not sent before it expired", false);
}
