using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Inbound;

/// <summary>One message that somebody wrote to us, or that we typed on the phone, in our words and not a provider's: webhooks and gateways both end here.</summary>
public sealed record InboundMessage
{
    public required string AccountId { get; init; }

    /// <summary>The provider's id, opaque (Cloud API: <c>wamid.…</c>, which may hold slashes). One message has one for ever.</summary>
    public required string ProviderMessageId { get; init; }

    /// <summary>The conversation: a person or a group.</summary>
    public required Jid Chat { get; init; }

    /// <summary>Other addresses of the same person: a hidden one beside the phone number.</summary>
    public IReadOnlyList<Jid> Aliases { get; init; } = [];

    /// <summary>It was typed on the account's own phone, or another linked device: outbound, and not out of our outbox.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Null for what happens now; <c>history_sync</c> or <c>backfill</c> for what a phone handed over later.</summary>
    public string? SyncSource { get; init; }

    public string Direction => IsOwn ? "outbound" : "inbound";

    /// <summary>Who wrote, where the conversation does not say it: in a group, or ourselves.</summary>
    public Jid? Sender { get; init; }

    public string? SenderName { get; init; }

    public string? Username { get; init; }

    /// <summary>By the provider's clock, whole seconds. Null when it was not told.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>text, image, video, audio, document, sticker, location, contacts, interactive, button, order, system, unsupported, reaction or unknown.</summary>
    public required string Type { get; init; }

    /// <summary>What can be read as words: a text, a caption, the title of a pressed button.</summary>
    public string? Body { get; init; }

    /// <summary><c>type, id, mimetype, sha256, caption?, filename?, url?, voice?, animated?</c></summary>
    public DocumentFields? Media { get; init; }

    /// <summary>Stored beside the common fields under these names, such as <c>location</c> or <c>order</c>.</summary>
    public DocumentFields Details { get; init; } = [];

    /// <summary>With <see cref="Type"/> reaction.</summary>
    public InboundReaction? Reaction { get; init; }

    /// <summary>The address that this person has from now on (a system message).</summary>
    public Jid? MovedTo { get; init; }

    /// <summary>The update as it came, kept when it cannot be stored otherwise.</summary>
    public required string Raw { get; init; }

    public bool IsReaction => Reaction is not null;
}

/// <param name="TargetId">The provider's id of the message that it stands on; ours or theirs.</param>
/// <param name="Emoji">Null when it was taken back.</param>
public sealed record InboundReaction(string TargetId, string? Emoji);

/// <summary>What became of one message.</summary>
public enum InboundOutcome
{
    Stored,
    Seen,

    /// <summary>It can never be stored; it lies in <c>inboundRejected</c> with the reason.</summary>
    SetAside,
}
