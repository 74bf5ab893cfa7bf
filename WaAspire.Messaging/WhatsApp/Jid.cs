using System.Diagnostics.CodeAnalysis;

namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// A WhatsApp address in its one canonical form: lower case, no leading plus, no device suffix, <c>c.us</c> written as
/// <c>s.whatsapp.net</c>. It prints redacted; <see cref="Value"/> is the address itself and never goes to a log.
/// </summary>
public readonly record struct Jid
{
    private const string PersonServer = "s.whatsapp.net";
    private const string UserServer = "bsuid";
    private const string GroupServer = "g.us";
    private const int MaximumLength = 160;

    private Jid(string user, string server)
    {
        User = user;
        Server = server;
    }

    public string User { get; }

    public string Server { get; }

    public string Value => $"{User}@{Server}";

    public bool IsPerson => Server == PersonServer;

    public bool IsGroup => Server == GroupServer;

    /// <summary>A hidden address: WhatsApp's <c>@lid</c>, or the business-scoped id of a user without a visible phone number.</summary>
    public bool IsHidden => Server is "lid" or UserServer;

    /// <summary>E.164 with its plus, for a person only: without the plus the Cloud API would prepend the sender's own country code.</summary>
    public string? PhoneE164 => IsPerson ? "+" + User : null;

    /// <summary>
    /// Reads <c>+40712345678@s.whatsapp.net</c>, <c>40712345678:3@c.us</c>, <c>1203…@g.us</c>, <c>123@lid</c>,
    /// <c>status@broadcast</c>, <c>US.13491208655302741918@bsuid</c> or a bare phone number. False for anything else, such as
    /// the stored <c>[object Object]</c>. The Cloud API's ids of groups and users are opaque, so they keep their case.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Jid jid)
    {
        jid = default;
        if (text is null || text.Length > MaximumLength)
        {
            return false;
        }

        var trimmed = text.Trim();
        var at = trimmed.IndexOf('@', StringComparison.Ordinal);
        var server = at < 0 ? PersonServer : trimmed[(at + 1)..].ToLowerInvariant();
        var user = WithoutDevice((at < 0 ? trimmed : trimmed[..at]).TrimStart('+'));
        server = server == "c.us" ? PersonServer : server;
        user = server is GroupServer or UserServer ? user : user.ToLowerInvariant();
        if (!IsLawful(user, server))
        {
            return false;
        }

        jid = new Jid(user, server);
        return true;
    }

    public override string ToString() => Redact(User) + "@" + Server;

    /// <summary>Keeps the last two characters: enough to tell two people apart in a log, too little to call one.</summary>
    public static string Redact(string? value) => value is { Length: > 4 } ? "…" + value[^2..] : "…";

    private static string WithoutDevice(string user)
    {
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? user : user[..colon];
    }

    private static bool IsOpaque(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '=' or '%';

    private static bool IsLawful(string user, string server) => server switch
    {
        PersonServer => user.Length is >= 5 and <= 20 && user.All(char.IsAsciiDigit),
        "lid" => user.Length is >= 1 and <= 30 && user.All(char.IsAsciiDigit),
        GroupServer => user.Length is >= 5 and <= 128 && user.All(IsOpaque),
        UserServer => user.Length is >= 2 and <= 128 && user.All(IsOpaque),
        "broadcast" => user == "status" || (user.Length <= 30 && user.Length > 0 && user.All(char.IsAsciiDigit)),
        "newsletter" => user.Length is >= 1 and <= 30 && user.All(char.IsAsciiDigit),
        _ => false,
    };
}
