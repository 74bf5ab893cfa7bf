namespace WaAspire.WhatsAppSimulator.Phone;

internal readonly record struct ChatKey(string PhoneNumberId, string Contact);

/// <summary>A person takes nothing from a business any more.</summary>
/// <param name="Code">What its messages fail with; null = accepted, sent, and never delivered, without another word.</param>
internal sealed record Block(int? Code);

/// <summary>One conversation between a business number and a person. Not thread-safe: <see cref="ChatStore"/> owns it.</summary>
internal sealed class Chat(ChatKey key, string display)
{
    private readonly Queue<PhoneMessage> _messages = [];
    private readonly Dictionary<string, PhoneMessage> _byId = [];

    public ChatKey Key { get; } = key;
    public string Display { get; } = display;
    public string? Name { get; set; }

    /// <summary>The business is paired by QR code, so that the phone writes texts only.</summary>
    public bool IsLinked { get; init; }

    /// <summary>Set while the person blocks the business.</summary>
    public Block? Block { get; set; }

    public DateTimeOffset LastAt { get; private set; }
    public int Count => _messages.Count;

    public void Add(PhoneMessage message, int max)
    {
        _messages.Enqueue(message);
        _byId[message.Id] = message;
        LastAt = message.At;
        while (_messages.Count > max) _byId.Remove(_messages.Dequeue().Id);
    }

    public PhoneMessage? Find(string id) => _byId.GetValueOrDefault(id);

    public IEnumerable<PhoneMessage> Delivered() =>
        _messages.Where(message => message.Direction == Direction.Outbound && message.Status == MessageStatus.Delivered);

    public IEnumerable<PhoneMessage> Newest(int max) => _messages.Skip(Math.Max(0, _messages.Count - max));
}
