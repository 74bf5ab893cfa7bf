using System.Text.Json.Serialization;

namespace WaAspire.WhatsAppSimulator.Faults;

/// <summary>
/// One switch as it is put over HTTP. A fault acts on requests that match all of its filters, <c>times</c> times
/// (default 1), or on the given <c>share</c> of them (then without end unless <c>times</c> is given too).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record Fault
{
    public required string Kind { get; init; }

    public int? Times { get; init; }
    public double? Share { get; init; }

    public string? To { get; init; }
    public string? PhoneNumberId { get; init; }
    public string? BodyContains { get; init; }
    public string? OpaqueContains { get; init; }

    /// <summary>Webhook faults only: sent, delivered, read, failed, inbound, or any. Absent = every status.</summary>
    public string? Status { get; init; }

    public int? Code { get; init; }
    public int? HttpStatus { get; init; }
    public int? Subcode { get; init; }
    public string? Message { get; init; }

    /// <summary>Milliseconds.</summary>
    [JsonPropertyName("for")]
    public int? ForMilliseconds { get; init; }

    [JsonIgnore]
    public TimeSpan? For => ForMilliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
}

/// <summary>Everything that <c>PUT /simulator/faults</c> sets; it replaces what was there.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record FaultSettings
{
    /// <summary>Milliseconds before every messages request is looked at.</summary>
    public int Latency { get; init; }

    /// <summary>For <c>share</c>: the same seed decides the same way.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Default none: an inbound message travels alone, statuses with those that are due in the same tick.</summary>
    public Batching? Batch { get; init; }

    public IReadOnlyList<Fault> Faults { get; init; } = [];
    public IReadOnlyList<Fault> Webhooks { get; init; } = [];
}

/// <summary>Updates of every kind and number gather and leave in one POST, as Meta's do under load.</summary>
/// <param name="Max">Updates in one POST, 1 to Meta's 1,000.</param>
/// <param name="Within">Milliseconds: how long the first one waits for company.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record Batching(int Max, int Within);

/// <summary>The names of the faults, and what each does.</summary>
internal static class FaultKinds
{
    /// <summary>Meta's error body with a code.</summary>
    public const string Error = "error";

    /// <summary>An HTTP status without Meta's error body, as a proxy in between would answer.</summary>
    public const string Http = "http";

    /// <summary>Nothing for a while, then the connection goes; not accepted.</summary>
    public const string Hang = "hang";

    /// <summary>Nothing for a while, then accepted as usual, unless the caller left meanwhile.</summary>
    public const string Slow = "slow";

    /// <summary>The connection goes at once; not accepted.</summary>
    public const string Drop = "drop";

    /// <summary>Accepted, and the connection goes before the answer.</summary>
    public const string AcceptThenDrop = "acceptThenDrop";

    /// <summary>Accepted, and a proxy in between answers without WhatsApp's body.</summary>
    public const string AcceptThenHttp = "acceptThenHttp";

    /// <summary>Accepted, and never answered; the connection goes after a while.</summary>
    public const string AcceptThenHang = "acceptThenHang";

    /// <summary>Accepted at once, answered after a while: statuses overtake the answer.</summary>
    public const string AcceptThenSlow = "acceptThenSlow";

    /// <summary>Accepted after a while, whether or not the caller is still there.</summary>
    public const string AcceptAfter = "acceptAfter";

    /// <summary>The status happens, but no webhook tells it.</summary>
    public const string Suppress = "suppress";

    /// <summary>The webhook comes twice; with <c>for</c>, the second time that much later.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>The webhook comes late.</summary>
    public const string Delay = "delay";

    /// <summary>The status comes after the next one of the same message; what a person wrote, after what they write next.</summary>
    public const string Reorder = "reorder";

    /// <summary>The webhook comes at a random moment of the time given: messages overtake one another in any order.</summary>
    public const string Shuffle = "shuffle";

    /// <summary>The first try of a POST is signed with another secret; its retries are signed rightly.</summary>
    public const string WrongSignature = "wrongSignature";

    /// <summary>The message fails with a code instead.</summary>
    public const string FailStatus = "failStatus";

    public static readonly string[] Requests = [Error, Http, Hang, Slow, Drop, AcceptThenDrop, AcceptThenHttp, AcceptThenHang, AcceptThenSlow, AcceptAfter];

    public static readonly string[] Webhooks = [Suppress, Duplicate, Delay, Reorder, Shuffle, FailStatus, WrongSignature];
}
