using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Send;

/// <summary>Who may send what in a thread: a pure decision on the thread as it was just read.</summary>
internal static class SendPolicy
{
    /// <summary>Null when it may be sent. Who may not write in the thread does not learn whether the recipient was right.</summary>
    public static Refusal? Refuse(StoredDocument thread, SendRequest request, string uid) =>
        RefuseWriter(thread, request.AccountId, uid)
        ?? (AddressesOf(thread).Contains(request.To.Value, StringComparer.Ordinal) ? null : Refusal.RecipientMismatch);

    /// <summary>Null when this user may write in the thread, and it is this account's.</summary>
    public static Refusal? RefuseWriter(StoredDocument thread, string accountId, string uid)
    {
        if (thread.Fields.Text(ThreadFields.AccountId) != accountId)
            return Refusal.AccountMismatch;
        return MayWrite(thread.Fields, uid) ? null : Refusal.NotOwner;
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
    /// number of a contact known by a @lid, and the end of the id, <c>{accountId}__{jid}</c>.
    /// </summary>
    private static IEnumerable<string> AddressesOf(StoredDocument thread)
    {
        var separator = thread.Id.LastIndexOf("__", StringComparison.Ordinal);
        string?[] spellings =
        [
            thread.Fields.Text(ThreadFields.ClientJid),
            .. (thread.Fields.Map(ThreadFields.ClientJid) ?? []).Values.Select(spelling => spelling.AsString),
            thread.Fields.Text(ThreadFields.PhoneE164),
            separator < 0 ? thread.Id : thread.Id[(separator + 2)..],
        ];
        foreach (var spelling in spellings)
        {
            if (Jid.TryParse(spelling, out var jid))
                yield return jid.Value;
        }
    }
}
