using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Accounts;

/// <summary><c>accounts/{id}.sendPaused</c>: why an account does not send, and until when.</summary>
/// <param name="Reason">A word of the error table (<c>token_expired</c>), <see cref="ProviderDown"/>, or an operator's own.</param>
/// <param name="Code">The error that asked for it; null for an operator's.</param>
/// <param name="Since">The server's time.</param>
/// <param name="Until">When it ends by itself; null: a person, or with <see cref="ProviderDown"/> the first acceptance, ends it.</param>
/// <param name="By"><c>whatsapp</c> for an answer, <c>webhook</c>, or <c>operator</c>.</param>
/// <param name="Times">How many pauses for the same error followed each other before this one.</param>
public sealed record SendPause(string Reason, string? Code, DateTimeOffset? Since, DateTimeOffset? Until, string? By, long Times = 0)
{
    public const string ProviderDown = "provider_down";
    public const string StaleBacklog = "stale_backlog";
    public const string Operator = "operator";
    public const string Worker = "worker";

    /// <summary>Nobody knows when the provider is back: one lane tries now and then. What a person writes is only a word.</summary>
    public bool IsProviderDown => Reason == ProviderDown && By != Operator;

    public bool HoldsAt(DateTimeOffset now) => Until is null || Until > now;

    /// <summary>The old system's pause, which is only known to be there, holds until a person ends it.</summary>
    public static SendPause Read(DocumentFields stored) => new(
        stored.Text("reason") ?? "unknown",
        stored.Text("code"),
        stored.Timestamp("since"),
        stored.Timestamp("until"),
        stored.Text("by"),
        stored.Integer("times") ?? 0);

    public DocumentFields ToFields() => new()
    {
        ["reason"] = Reason,
        ["code"] = Code,
        ["since"] = Since is { } since ? since : FirestoreValue.Null,
        ["until"] = Until is { } until ? until : FirestoreValue.Null,
        ["by"] = By,
        ["times"] = Times,
    };

    /// <summary>
    /// Whether a new pause takes this one's place. A pause that a person must end is not shortened by one that ends by
    /// itself; what a person says always holds.
    /// </summary>
    public bool YieldsTo(SendPause next, DateTimeOffset now) =>
        !HoldsAt(now)
        || next.By == Operator
        || (IsProviderDown && !next.IsProviderDown)
        || (Until is not null && !next.IsProviderDown && (next.Until is null || (next.Reason != Reason && next.Until > Until)));
}
