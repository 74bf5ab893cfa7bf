using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Inbound;

/// <summary>What makes several threads of one person one conversation: the others point to it, and what they knew goes on there.</summary>
internal static class ThreadPointers
{
    /// <summary>As many as one query of unfinished messages reads: 7 threads × 4 states fit Firestore's 30 disjunctions.</summary>
    private const int PredecessorsMax = 7;

    // A new thread under a new spelling is the same conversation: who owns it and who is assigned goes on.
    private static readonly string[] _inherited =
    [
        ThreadFields.OwnerUid, ThreadFields.CoWriterUids, ThreadFields.AssignedTo, ThreadFields.AssignedAt, "assigned_operator_code", "reserved_at",
        ThreadFields.DisplayName, "profilePictureUrl", "photoUrl",
    ];

    /// <summary>Its predecessors, and the addresses that nobody has used yet.</summary>
    public static IEnumerable<DocumentWrite> Writes(ThreadHome home, string accountId) => Predecessors(home).Concat(Aliases(home, accountId));

    /// <summary>The home's addresses, with those that are new.</summary>
    public static FirestoreValue AliasesOf(ThreadHome home) => FirestoreValue.From(
        (home.Stored?.Fields.Array(ThreadFields.Aliases) ?? []).Concat(home.NewAliases.Select(alias => FirestoreValue.From(alias.Value))));

    /// <summary>What is still to be sent from the threads that come to point here goes out before what is accepted from now on.</summary>
    /// <returns>The times that go with it.</returns>
    public static FieldTransform[] SendFirst(DocumentFields fields, ThreadHome home)
    {
        if (home.Predecessors.Count == 0)
        {
            return [];
        }

        var known = home.Stored?.Fields.Array(ThreadFields.Predecessors).Select(id => id.AsString).OfType<string>() ?? [];
        fields[ThreadFields.Predecessors] = FirestoreValue.From(
            known.Concat(home.Predecessors.Select(old => old.Id)).Distinct().TakeLast(PredecessorsMax).Select(id => FirestoreValue.From(id)));
        return [FieldTransform.RequestTime(ThreadFields.PredecessorsAt)];
    }

    /// <summary>Adds the phone number under every name that clients read, where the contact has one and it is not there.</summary>
    public static void Number(DocumentFields fields, Jid contact, DocumentFields stored)
    {
        if (contact.PhoneE164 is { } phone && stored.Text(ThreadFields.PhoneE164) != phone)
        {
            foreach (var field in new[] { ThreadFields.PhoneE164, ThreadFields.Phone, ThreadFields.PhoneNumber, ThreadFields.NormalizedPhone })
            {
                fields[field] = phone;
            }
        }
    }

    public static DocumentFields Inherited(IEnumerable<StoredDocument> predecessors, params IEnumerable<string> also)
    {
        var fields = new DocumentFields();
        foreach (var (predecessor, field) in predecessors.SelectMany(predecessor => _inherited.Concat(also).Select(field => (predecessor, field))))
        {
            if (predecessor.Fields.TryGetValue(field, out var value))
            {
                fields.TryAdd(field, value);
            }
        }

        return fields;
    }

    private static IEnumerable<DocumentWrite> Predecessors(ThreadHome home) => home.Predecessors.Select(old => DocumentWrite.Update(
        old.Path, Precondition.UnchangedSince(old.UpdateTime), PointingTo(home), deleted: null, FieldTransform.RequestTime(ThreadFields.UpdatedAt)));

    private static IEnumerable<DocumentWrite> Aliases(ThreadHome home, string accountId) => home.MissingAliasIds.Select(missing =>
    {
        var fields = PointingTo(home);
        fields[ThreadFields.AccountId] = accountId;
        fields[ThreadFields.ClientJid] = missing.Alias.Value;
        fields[ThreadFields.IsLid] = missing.Alias.IsHidden;
        return DocumentWrite.Create(FirestorePaths.Thread(missing.ThreadId), fields, FieldTransform.RequestTime(ThreadFields.UpdatedAt));
    });

    private static DocumentFields PointingTo(ThreadHome home) => new()
    {
        [ThreadFields.RedirectTo] = home.ThreadId,
        [ThreadFields.CanonicalThreadId] = home.ThreadId,
    };
}
