using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Makes two addresses one conversation as soon as WhatsApp says that they are one person. Enters: a hidden address and its
/// phone number, any number of times. Leaves: threads that point to the phone number's, in one commit. Of somebody with
/// whom there is no conversation nothing is stored: the session's keys remember the two addresses.
/// </summary>
public sealed class ThreadLinks(DocumentGatherer documents, CommitBatcher commits)
{
    private const string Purpose = "thread-link";
    private const int Rounds = 5;

    // A list shows threads by their last activity: a thread that takes another's place has that one's.
    private static readonly string[] _activity =
    [
        ThreadFields.LastMessageAt, ThreadFields.LastMessageAtMs, ThreadFields.LastMessageText, ThreadFields.LastMessagePreview,
        ThreadFields.LastMessageDirection, ThreadFields.LastInboundAt, ThreadFields.LastInboundAtMs, ThreadFields.UnreadCount,
    ];

    private readonly ThreadHomes _homes = new(documents);

    /// <exception cref="FirestoreException">The store is out, or others write these threads again and again.</exception>
    public async Task LinkAsync(string accountId, Jid hidden, Jid person, CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var home = await _homes.FindAsync(accountId, person, [hidden], cancellationToken);
            var isKnown = home.Stored is null ? home.Predecessors.Count == 0 : home.NewAliases.Count == 0 && home.Predecessors.Count == 0;
            if (isKnown)
            {
                return;
            }

            var writes = new List<DocumentWrite> { Home(home, accountId) };
            writes.AddRange(ThreadPointers.Writes(home, accountId));
            if (await commits.CommitAsync(new CommitMember(writes, Purpose, home.Path, _ => false), cancellationToken) is CommitOutcome.Committed)
            {
                return;
            }

            // Refused: somebody wrote in between. Lost: the next round sees whether it was applied.
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "Two addresses of one person could not be joined.");
    }

    private static DocumentWrite Home(ThreadHome home, string accountId)
    {
        var fields = home.Stored is null ? ThreadPointers.Inherited(home.Predecessors, _activity) : [];
        fields[ThreadFields.AccountId] = accountId;
        fields[ThreadFields.ClientJid] = home.Contact.Value;
        fields[ThreadFields.Aliases] = ThreadPointers.AliasesOf(home);
        ThreadPointers.Number(fields, home.Contact, home.Stored?.Fields ?? []);
        FieldTransform[] times = [FieldTransform.RequestTime(ThreadFields.UpdatedAt), .. ThreadPointers.SendFirst(fields, home)];
        if (home.Stored is { } stored)
        {
            return DocumentWrite.Update(home.Path, Precondition.UnchangedSince(stored.UpdateTime), fields, deleted: null, times);
        }

        fields[ThreadFields.IsLid] = home.Contact.IsHidden;
        return DocumentWrite.Create(home.Path, fields, times);
    }
}
