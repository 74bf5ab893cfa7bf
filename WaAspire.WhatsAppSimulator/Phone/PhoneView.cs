namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>What the page is told, and no more: opaque data stays between the business and Meta.</summary>
internal static class PhoneView
{
    public static object Of(Chat chat) => new { chat.Key.PhoneNumberId, chat.Key.Contact, chat.Name, chat.Display, blocked = chat.Block is not null, linked = chat.IsLinked };

    public static object Of(PhoneMessage message) => new
    {
        message.Id,
        direction = message.Direction == Direction.Outbound ? "outbound" : "inbound",
        message.Type,
        message.Text,
        message.At,
        message.Status,
        message.Reaction,
        message.Quote,
        message.Parts,
    };
}
