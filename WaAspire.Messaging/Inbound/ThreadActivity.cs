using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// What some messages do to their thread: last activity that only moves forward, the unread count, the contact's name and
/// addresses. Also the threads that come to point to it: predecessors, aliases, the thread of a changed number.
/// </summary>
internal sealed class ThreadActivity(ThreadHome home, ThreadHome? newNumber)
{
    private const int WaitingMax = 20;
    private const int NameLengthMax = 100;

    private readonly DocumentFields _stored = home.Stored?.Fields ?? [];
    private readonly DocumentFields _waiting = new(home.Stored?.Fields.Map(ThreadFields.WaitingReactions) ?? []);
    private (InboundMessage Message, DateTimeOffset At)? _newest;
    private DateTimeOffset? _heard;
    private DateTimeOffset? _moved;
    private (InboundMessage Message, string? Name) _contact;
    private long _unread;
    private bool _waitingChanged;

    private string AccountId => _contact.Message.AccountId;

    public void Saw(InboundMessage message, DateTimeOffset at)
    {
        if (_newest is not { } newest || at >= newest.At)
        {
            _newest = (message, at);
        }

        if (!message.IsOwn && !(at < _heard))
        {
            _heard = at;
        }

        if (message.MovedTo is not null)
        {
            _moved = at;
        }

        _contact = (message, !message.IsOwn && IsName(message.SenderName) ? message.SenderName : _contact.Name);
        // What was typed on the phone, or is history, is nobody's news.
        _unread += message.IsReaction || message.IsOwn || message.SyncSource is not null || message.Type == "system" ? 0 : 1;
    }

    public void Wait(string target, InboundMessage message, InboundReaction reaction, DateTimeOffset at)
    {
        _waiting[target] = FirestoreValue.From(Reactions.With(_waiting.Map(target), message, reaction, at));
        _waitingChanged = true;
        while (_waiting.Count > WaitingMax)
        {
            _waiting.Remove(_waiting.MinBy(waiting => waiting.Value.AsMap?.Values.Max(person => person.AsMap?.Timestamp("at"))).Key);
        }
    }

    public DocumentFields? TakeWaiting(string messageId)
    {
        var waiting = _waiting.Map(messageId);
        _waitingChanged |= _waiting.Remove(messageId);
        return waiting;
    }

    public IReadOnlyList<DocumentWrite> Writes() => [Thread(), .. ThreadPointers.Writes(home, AccountId), .. NewNumber()];

    private DocumentWrite Thread()
    {
        var fields = home.Stored is null ? ThreadPointers.Inherited(home.Predecessors) : [];
        // Also where they are there: old documents hold a map of spellings, or a hash for the account.
        fields[ThreadFields.AccountId] = AccountId;
        fields[ThreadFields.ClientJid] = home.Contact.Value;
        Describe(fields);
        Advance(fields);
        string[] deleted = _stored.ContainsKey(ThreadFields.RedirectTo) ? [ThreadFields.RedirectTo] : [];
        FieldTransform[] transforms =
        [
            FieldTransform.RequestTime(ThreadFields.UpdatedAt), .. ThreadPointers.SendFirst(fields, home),
            .. _unread > 0 ? [FieldTransform.Increment(ThreadFields.UnreadCount, _unread)] : Array.Empty<FieldTransform>(),
        ];
        return home.Stored is null
            ? DocumentWrite.Create(home.Path, fields, transforms)
            : DocumentWrite.Update(home.Path, Precondition.UnchangedSince(home.Stored.UpdateTime), fields, deleted, transforms);
    }

    private void Describe(DocumentFields fields)
    {
        ThreadPointers.Number(fields, home.Contact, _stored);
        if (home.Stored is null)
        {
            fields[ThreadFields.IsLid] = home.Contact.IsHidden;
        }

        if (_contact.Name is { } name && !home.Contact.IsGroup && !IsName(_stored.Text(ThreadFields.DisplayName) ?? fields.Text(ThreadFields.DisplayName)))
        {
            fields[ThreadFields.DisplayName] = name;
        }

        if (_contact.Message.Username is { } username && !home.Contact.IsGroup && _stored.Text(ThreadFields.Username) != username)
        {
            fields[ThreadFields.Username] = username;
        }

        if (home.NewAliases.Count > 0)
        {
            fields[ThreadFields.Aliases] = ThreadPointers.AliasesOf(home);
        }

        if (_waitingChanged)
        {
            fields[ThreadFields.WaitingReactions] = FirestoreValue.From(_waiting);
        }

        if (newNumber is not null && newNumber.ThreadId != home.ThreadId)
        {
            fields[ThreadFields.MigratedTo] = newNumber.ThreadId;
            fields[ThreadFields.MigratedAt] = _moved!.Value;
        }
    }

    private void Advance(DocumentFields fields)
    {
        var (message, at) = _newest!.Value;
        if (_stored.Timestamp(ThreadFields.LastMessageAt) is not { } last || at >= last)
        {
            var preview = ThreadPreview.Of(message.Type, message.IsReaction ? null : message.Body);
            fields[ThreadFields.LastMessageAt] = at;
            fields[ThreadFields.LastMessageText] = preview;
            fields[ThreadFields.LastMessagePreview] = preview;
            fields[ThreadFields.LastMessageDirection] = message.Direction;
            if (home.Contact.IsGroup && message.SenderName is { } sender)
            {
                fields[ThreadFields.LastMessageSenderName] = sender;
            }
        }

        fields[ThreadFields.LastMessageAtMs] = Math.Max(_stored.Integer(ThreadFields.LastMessageAtMs) ?? 0, at.ToUnixTimeMilliseconds());
        if (_heard is not { } heard)
        {
            return;
        }

        if (!(heard < _stored.Timestamp(ThreadFields.LastInboundAt)))
        {
            fields[ThreadFields.LastInboundAt] = heard;
        }

        fields[ThreadFields.LastInboundAtMs] = Math.Max(_stored.Integer(ThreadFields.LastInboundAtMs) ?? 0, heard.ToUnixTimeMilliseconds());
    }

    // The old thread keeps its messages, and whoever owns the old number next writes there; the two know of each other.
    private IEnumerable<DocumentWrite> NewNumber()
    {
        if (newNumber is null || newNumber.ThreadId == home.ThreadId)
        {
            yield break;
        }

        var at = _moved!.Value;
        var fields = newNumber.Stored is null ? ThreadPointers.Inherited(home.Stored is null ? home.Predecessors : [home.Stored]) : [];
        fields[ThreadFields.AccountId] = AccountId;
        fields[ThreadFields.ClientJid] = newNumber.Contact.Value;
        fields[ThreadFields.MigratedFrom] = home.ThreadId;
        fields[ThreadFields.MigratedAt] = at;
        // Lists show only threads with a last activity.
        if (newNumber.Stored?.Fields.Timestamp(ThreadFields.LastMessageAt) is null)
        {
            fields[ThreadFields.LastMessageAt] = at;
            fields[ThreadFields.LastMessageAtMs] = at.ToUnixTimeMilliseconds();
        }

        if (newNumber.Stored is { } stored)
        {
            yield return DocumentWrite.Update(
                stored.Path, Precondition.UnchangedSince(stored.UpdateTime), fields, deleted: null, FieldTransform.RequestTime(ThreadFields.UpdatedAt));
            yield break;
        }

        yield return DocumentWrite.Create(newNumber.Path, fields, FieldTransform.RequestTime(ThreadFields.UpdatedAt));
    }

    private static bool IsName(string? name) => name is { Length: >= 2 and <= NameLengthMax } && !name.Contains('\n', StringComparison.Ordinal);
}
