using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Accounts;

/// <summary>What an error means for those who send, told by an answer or by a webhook.</summary>
/// <param name="AccountId">The account that met it.</param>
/// <param name="Rule">What the error table asks for.</param>
/// <param name="Code">The error, for people and metrics.</param>
/// <param name="By"><c>whatsapp</c> or <c>webhook</c>.</param>
public sealed record AccountFault(string AccountId, ErrorRule Rule, string Code, string By)
{
    public const string ByAnswer = "whatsapp";
    public const string ByWebhook = "webhook";

    /// <summary>When it happened, where that is known: a webhook may come days late, when a person has long mended it.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>How long the provider itself asks to wait.</summary>
    public TimeSpan? Hint { get; init; }

    /// <summary>With <see cref="ErrorScope.Template"/>: whose pause.</summary>
    public TemplateName? Template { get; init; }
}
