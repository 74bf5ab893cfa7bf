namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>Outbound = from the business, with ticks. Inbound = typed by the person who holds the phone.</summary>
internal enum Direction
{
    Outbound,
    Inbound,
}

/// <summary>One bubble, and the progress of one message. <see cref="Status"/> changes in <see cref="ChatStore"/> only.</summary>
internal sealed class PhoneMessage(
    string phoneNumberId, string contact, string id, Direction direction, string type, string text, DateTimeOffset at, string? opaque)
{
    public string PhoneNumberId { get; } = phoneNumberId;
    public string Contact { get; } = contact;
    public string Id { get; } = id;
    public Direction Direction { get; } = direction;
    public string Type { get; } = type;
    public string Text { get; } = text;
    public DateTimeOffset At { get; } = at;
    public string? Opaque { get; } = opaque;
    public string Status { get; set; } = direction == Direction.Outbound ? MessageStatus.Accepted : MessageStatus.Read;

    /// <summary>What it shows besides its text.</summary>
    public BubbleParts? Parts { get; init; }

    /// <summary>The message that this one replies to.</summary>
    public string? RepliesTo { get; init; }

    /// <summary>Words of the message that it replies to, as far as the chat still has them.</summary>
    public string? Quote { get; set; }

    /// <summary>What happened to it and when, as the message history tells it. Changes in <see cref="ChatStore"/> only.</summary>
    public List<(string Status, DateTimeOffset At)> History { get; } = [];

    /// <summary>Set when it was written to somebody who blocked the business: unblocking does not bring it back.</summary>
    public Block? Blocked { get; set; }

    /// <summary>Emoji that stands on this bubble, if somebody reacted.</summary>
    public string? Reaction { get; set; }
}

/// <summary>How far a message has come. It never moves back, and nothing follows a failure.</summary>
internal static class MessageStatus
{
    public const string Accepted = "accepted";
    public const string Sent = "sent";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Failed = "failed";

    private static readonly string[] Order = [Accepted, Sent, Delivered, Read, Failed];

    public static bool IsProgress(string from, string to) => Array.IndexOf(Order, to) > Array.IndexOf(Order, from);
}
