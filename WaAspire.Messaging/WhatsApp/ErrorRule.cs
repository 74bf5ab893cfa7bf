namespace WaAspire.Messaging.WhatsApp;

/// <summary>What becomes of a message that an error met.</summary>
public enum ErrorFate
{
    /// <summary>No attempt can help: a dead letter.</summary>
    Fail,

    /// <summary>Another attempt, which counts.</summary>
    Retry,

    /// <summary>The fault is not the message's: it goes back to its place, and nothing is spent.</summary>
    Wait,
}

/// <summary>Who must pause because of an error.</summary>
public enum ErrorScope
{
    None,

    /// <summary>This sender and this recipient: 4^X seconds.</summary>
    Pair,

    /// <summary>The sender's rate is lowered for a while.</summary>
    Rate,

    /// <summary>The template of this message, in its language.</summary>
    Template,

    /// <summary>The sender.</summary>
    Account,

    /// <summary>All senders of the same WhatsApp Business Account.</summary>
    BusinessAccount,

    /// <summary>All senders of the Cloud API: they share one app.</summary>
    App,

    /// <summary>The sender's new conversations; those that exist go on.</summary>
    NewContacts,

    /// <summary>The provider says that it is down: the sender, once it has said so often enough in a row.</summary>
    Provider,
}

/// <summary>One row of <see cref="ErrorTable"/>: what an error asks for.</summary>
/// <param name="Fate">What becomes of the message.</param>
/// <param name="Title">One line for people; nothing personal.</param>
public sealed record ErrorRule(ErrorFate Fate, string Title)
{
    /// <summary>With <see cref="ErrorFate.Retry"/>: the waits, one for each further attempt; then the message fails. Empty: backoff and budget of the sender.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; init; } = [];

    /// <summary>With <see cref="ErrorFate.Wait"/>: first and longest step of the backoff. Null: due at once, as soon as the pause is over.</summary>
    public (TimeSpan First, TimeSpan Cap)? Backoff { get; init; }

    public ErrorScope Pause { get; init; }

    /// <summary>The pause's word in <c>sendPaused.reason</c> and in metrics.</summary>
    public string Reason { get; init; } = "";

    /// <summary>How long the first pause lasts; null: until a person ends it.</summary>
    public TimeSpan? PauseFor { get; init; }

    /// <summary>A pause that comes again at once doubles up to here.</summary>
    public TimeSpan? PauseCap { get; init; }

    /// <summary>A person must know, at once; with delays, when they are spent.</summary>
    public bool Alert { get; init; }

    /// <summary>A person must know when it comes again and again from one account.</summary>
    public bool AlertIfRepeated { get; init; }

    /// <summary>Retried only where Meta's details tell of a fetch that may go better next time.</summary>
    public bool OnlyIfFetchFailed { get; init; }

    public bool PausesSenders => Pause is ErrorScope.Account or ErrorScope.BusinessAccount or ErrorScope.App;
}
