namespace WaAspire.Messaging.Inbound;

/// <summary>
/// How far a message has come. A status never takes a message back: what was read stays read, whatever arrives late.
/// </summary>
public static class StatusRank
{
    public const string Sent = "sent";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Played = "played";
    public const string Failed = "failed";

    /// <summary>0 for a word that says nothing about delivery (our own <c>queued</c>, or one that Meta adds later).</summary>
    public static int Of(string? status) => status switch
    {
        Sent => 1,
        Failed => 2,
        Delivered => 3,
        Read => 4,
        Played => 5,
        _ => 0,
    };

    /// <summary>Whether <paramref name="next"/> says more than what is known. A failure counts until the message is known to be on a device.</summary>
    public static bool Raises(string? known, string next) =>
#if MUTATION_StatusGoesBack
        Of(next) > 0 ||
#endif
        Of(next) > Of(known);
}
