using System.Diagnostics.CodeAnalysis;

namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// A WhatsApp address in its one canonical form: lower case, no leading plus, no device suffix, <c>c.us</c> written as
/// <c>s.whatsapp.net</c>. It prints redacted; <see cref="Value"/> is the address itself and never goes to a log.
/// </summary>
public readonly record struct Jid
{
    private const string PersonServer = "s.whatsapp.net";
    private const int MaximumLength = 100;

    private Jid(string user, string server)
    {
        User = user;
        Server = server;
    }

    public string User { get; }

    public string Server { get; }

    public string Value => $"{User}@{Server}";

    public bool IsPerson => Server == PersonServer;

    public bool IsGroup => Server == "g.us";

    /// <summary>E.164 with its plus, for a person only: without the plus the Cloud API would prepend the sender's own country code.</summary>
    public string? PhoneE164 => IsPerson ? "+" + User : null;

    /// <summary>
    /// Reads <c>+40712345678@s.whatsapp.net</c>, <c>40712345678:3@c.us</c>, <c>1203…@g.us</c>, <c>123@lid</c>,
    /// <c>status@broadcast</c> or a bare phone number. False for anything else, such as the stored <c>[object Object]</c>.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Jid jid)
    {
        jid = default;
        if (text is null || text.Length > MaximumLength)
        {
            return false;
        }

        var trimmed = text.Trim().ToLowerInvariant();
        var at = trimmed.IndexOf('@', StringComparison.Ordinal);
        var server = at < 0 ? PersonServer : trimmed[(at + 1)..];
        var user = WithoutDevice((at < 0 ? trimmed : trimmed[..at]).TrimStart('+'));
        server = server == "c.us" ? PersonServer : server;
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

    private static bool IsLawful(string user, string server) => server switch
    {
        PersonServer => user.Length is >= 5 and <= 20 && user.All(char.IsAsciiDigit),
        "lid" => user.Length is >= 1 and <= 30 && user.All(char.IsAsciiDigit),
        "g.us" => user.Length is >= 5 and <= 60 && user.All(c => char.IsAsciiDigit(c) || c == '-'),
        "broadcast" => user == "status" || (user.Length <= 30 && user.Length > 0 && user.All(char.IsAsciiDigit)),
        "newsletter" => user.Length is >= 1 and <= 30 && user.All(char.IsAsciiDigit),
        _ => false,
    };
}
