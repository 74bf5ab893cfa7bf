using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.CloudApi;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>
/// What is on the phones. Every change and its event to the open pages happen under one gate, so a page that has
/// taken a snapshot misses nothing and sees nothing twice. Bounded: old messages and quiet chats are forgotten.
/// </summary>
internal sealed class ChatStore(IOptions<SimulatorOptions> options, BusinessNumbers numbers, PhoneEvents events)
{
    private const int SnapshotChatsMax = 200;
    private const int SnapshotMessagesMax = 100;

    private readonly SimulatorOptions _options = options.Value;
    private readonly Lock _gate = new();
    private readonly Dictionary<ChatKey, Chat> _chats = [];

    /// <param name="message">The new bubble.</param>
    /// <param name="body">The request that made it; a reaction changes the bubble it points at instead.</param>
    /// <param name="name">The person's name, once known.</param>
    public void Add(PhoneMessage message, JsonElement body, string? name = null)
    {
        lock (_gate)
        {
            var chat = ChatOf_NeedsLock(new ChatKey(message.PhoneNumberId, message.Contact));
            chat.Name = name ?? chat.Name;
            if (message.Direction == Direction.Outbound) message.Blocked = chat.Block;
            if (message.Type == "reaction")
            {
                if (message.Blocked is null) React_NeedsLock(chat, body.GetProperty("reaction"));
                return;
            }

            // A phone that no longer has the message still shows that this is an answer.
            if (message.RepliesTo is { } id) message.Quote = chat.Find(id)?.Text ?? "…";
            chat.Add(message, _options.MessagesPerChatMax);
            events.Publish("message", () => new { chat = PhoneView.Of(chat), message = PhoneView.Of(message) });
        }
    }

    /// <summary>False when the message is already there or further, or has failed.</summary>
    public bool Advance(PhoneMessage message, string status, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (!MessageStatus.IsProgress(message.Status, status)) return false;
            message.Status = status;
            message.History.Add((status, at));
            events.Publish("status", () => new { message.PhoneNumberId, message.Contact, message.Id, status });
            return true;
        }
    }

    public bool CanAdvance(PhoneMessage message, string status)
    {
        lock (_gate) return MessageStatus.IsProgress(message.Status, status);
    }

    /// <summary>What happened to a message of this number so far; null when it is not here (any more).</summary>
    public IReadOnlyList<(string Status, DateTimeOffset At)>? History(string phoneNumberId, string id)
    {
        lock (_gate)
            return _chats.Values.Where(chat => chat.Key.PhoneNumberId == phoneNumberId).Select(chat => chat.Find(id)).FirstOrDefault(message => message is not null)?.History.ToArray();
    }

    public IReadOnlyList<PhoneMessage> Delivered(ChatKey key)
    {
        lock (_gate) return _chats.TryGetValue(key, out var chat) ? [.. chat.Delivered()] : [];
    }

    /// <summary>What the person who blocks goes on to miss is decided when a message is accepted.</summary>
    public void Block(ChatKey key, Block? block)
    {
        lock (_gate)
        {
            var chat = ChatOf_NeedsLock(key);
            chat.Block = block;
            events.Publish("block", () => new { chat = PhoneView.Of(chat) });
        }
    }

    /// <summary>A chat that somebody may begin.</summary>
    public void Open(ChatKey key, string name)
    {
        lock (_gate)
        {
            var chat = ChatOf_NeedsLock(key);
            chat.Name ??= name;
            events.Publish("chat", () => new { chat = PhoneView.Of(chat) });
        }
    }

    public bool IsBlocked(ChatKey key)
    {
        lock (_gate) return _chats.TryGetValue(key, out var chat) && chat.Block is not null;
    }

    public void Clear()
    {
        lock (_gate)
        {
            _chats.Clear();
            events.Publish("snapshot", Snapshot_NeedsLock);
        }
    }

    /// <summary>Null when too many pages are open.</summary>
    public PhoneSubscription? Subscribe()
    {
        lock (_gate) return events.Subscribe(Snapshot_NeedsLock());
    }

    public object State()
    {
        lock (_gate) return new { chats = _chats.Count, messages = _chats.Values.Sum(chat => chat.Count) };
    }

    // A reaction to a message that is no longer here is shown nowhere, as on a real phone.
    private void React_NeedsLock(Chat chat, JsonElement reaction)
    {
        if (chat.Find(reaction.GetProperty("message_id").GetString()!) is not { } target) return;
        var emoji = reaction.TryGetProperty("emoji", out var given) ? given.GetString() : null;
        target.Reaction = string.IsNullOrEmpty(emoji) ? null : emoji;
        events.Publish("reaction", () => new { target.PhoneNumberId, target.Contact, target.Id, target.Reaction });
    }

    private Chat ChatOf_NeedsLock(ChatKey key)
    {
        if (_chats.TryGetValue(key, out var chat)) return chat;
        if (_chats.Count >= _options.ChatsMax) _chats.Remove(_chats.Values.MinBy(quiet => quiet.LastAt)!.Key);
        return _chats[key] = new Chat(key, numbers.DisplayNumber(key.PhoneNumberId) ?? key.PhoneNumberId) { IsLinked = numbers.IsLinked(key.PhoneNumberId) };
    }

    private object Snapshot_NeedsLock() => new
    {
        chats = _chats.Values.OrderByDescending(chat => chat.LastAt).Take(SnapshotChatsMax).Select(chat => new
        {
            chat = PhoneView.Of(chat),
            messages = chat.Newest(SnapshotMessagesMax).Select(PhoneView.Of).ToArray(),
        }).ToArray(),
    };
}
