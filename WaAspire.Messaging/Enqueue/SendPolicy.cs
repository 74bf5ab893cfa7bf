using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Enqueue;

/// <summary>A closed set: why a message is not accepted.</summary>
public enum SendRefusal
{
    ThreadNotFound,
    AccountMismatch,
    NotOwner,
    RecipientMismatch,
}

/// <summary>On whose behalf a message is sent.</summary>
/// <param name="Uid">The user; for a service, its name.</param>
/// <param name="IsService">Another server of ours, behind the internal token: it writes in every thread, begins new ones, and owns none.</param>
public sealed record Sender(string Uid, bool IsService = false)
{
    public override string ToString() => Uid;
}

/// <summary>Who may send what in a thread: a pure decision on the thread as it was just read.</summary>
public static class SendPolicy
{
    /// <summary>Null when it may be sent. Who may not write in the thread does not learn whether the recipient was right.</summary>
    public static SendRefusal? Refuse(StoredDocument thread, SendRequest request, Sender sender) =>
        RefuseWriter(thread, request.AccountId, sender)
        ?? (AddressesOf(thread).Contains(request.To.Value, StringComparer.Ordinal) ? null : SendRefusal.RecipientMismatch);

    /// <summary>Null when this sender may write in the thread, and it is this account's.</summary>
    public static SendRefusal? RefuseWriter(StoredDocument thread, string accountId, Sender sender)
    {
        if (thread.Fields.Text(ThreadFields.AccountId) != accountId)
            return SendRefusal.AccountMismatch;
        return sender.IsService || MayWrite(thread.Fields, sender.Uid) ? null : SendRefusal.NotOwner;
    }

    /// <summary>The first sender becomes the owner.</summary>
    public static bool HasOwner(DocumentFields thread) => thread.Text(ThreadFields.OwnerUid) is { Length: > 0 };

    /// <summary>Owner and co-writers; anybody while nobody owns it.</summary>
    public static bool MayWrite(DocumentFields thread, string uid) =>
        !HasOwner(thread)
        || thread.Text(ThreadFields.OwnerUid) == uid
        || thread.Array(ThreadFields.CoWriterUids).Any(coWriter => coWriter.AsString == uid);

    /// <summary>
    /// Every address that means this thread's contact: <c>clientJid</c> (a map of spellings in old documents), the phone
    /// number of a contact known by a @lid, the aliases, and the end of the id, <c>{accountId}__{jid}</c>.
    /// </summary>
    private static IEnumerable<string> AddressesOf(StoredDocument thread)
    {
        var separator = thread.Id.LastIndexOf("__", StringComparison.Ordinal);
        string?[] spellings =
        [
            thread.Fields.Text(ThreadFields.ClientJid),
            .. (thread.Fields.Map(ThreadFields.ClientJid) ?? []).Values.Select(spelling => spelling.AsString),
            thread.Fields.Text(ThreadFields.PhoneE164),
            .. thread.Fields.Array(ThreadFields.Aliases).Select(alias => alias.AsString),
            separator < 0 ? thread.Id : thread.Id[(separator + 2)..],
        ];
        foreach (var spelling in spellings)
        {
            if (Jid.TryParse(spelling, out var jid))
                yield return jid.Value;
        }
    }
}
