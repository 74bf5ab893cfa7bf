using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Threads;

/// <summary>The id of a conversation, <c>{accountId}__{jid}</c>, and the spellings that older versions left behind.</summary>
public static class ThreadId
{
    private const string Separator = "__";

    public static string Of(string accountId, Jid jid) => accountId + Separator + jid.Value;

    /// <summary>The contact that a thread id ends with; null for ids such as <c>…__[object Object]</c>.</summary>
    public static Jid? JidOf(string threadId)
    {
        var separator = threadId.LastIndexOf(Separator, StringComparison.Ordinal);
        return Jid.TryParse(separator < 0 ? threadId : threadId[(separator + Separator.Length)..], out var jid) ? jid : null;
    }

    /// <summary>Where the old system may have kept this conversation: without the account, under <c>c.us</c>, with a plus.</summary>
    public static IReadOnlyList<string> OldSpellings(string accountId, Jid jid) => jid.IsPerson
        ? [jid.Value, $"{accountId}{Separator}{jid.User}@c.us", $"{accountId}{Separator}+{jid.Value}"]
        : [jid.Value];
}
