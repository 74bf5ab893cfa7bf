using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Threads;

/// <summary>The id of a conversation, <c>{accountId}__{jid}</c>, and the spellings that older versions left behind.</summary>
public static class ThreadId
{
    private const string Separator = "__";

    public static string Of(string accountId, Jid jid) => accountId + Separator + jid.Value;

    /// <summary>The contact that a thread id of this account names; null for ids such as <c>…__[object Object]</c>. Groups and users may hold a separator too.</summary>
    public static Jid? JidOf(string threadId, string accountId) =>
        Jid.TryParse(IsOf(threadId, accountId) ? threadId[(accountId.Length + Separator.Length)..] : threadId, out var jid) ? jid : null;

    /// <summary>Whether the id says that the thread is this account's. An old one without any account says nothing.</summary>
    public static bool IsOf(string threadId, string accountId) => threadId.StartsWith(accountId + Separator, StringComparison.Ordinal);

    /// <summary>Where the old system may have kept this conversation: without the account, under <c>c.us</c>, with a plus.</summary>
    public static IReadOnlyList<string> OldSpellings(string accountId, Jid jid) => jid.IsPerson
        ? [jid.Value, $"{accountId}{Separator}{jid.User}@c.us", $"{accountId}{Separator}+{jid.Value}"]
        : [jid.Value];
}
