using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// <c>GET /{phone-number-id}/message_history?message_id=wamid.…</c>: what happened to a message, whatever its webhooks told.
/// No opaque data is in it, and a message that is not known has an empty list.
/// </summary>
internal sealed class HistoryApi(BearerCheck bearer, BusinessNumbers numbers, ChatStore chats)
{
    public IResult Get(HttpRequest request, string phoneNumberId, string? messageId)
    {
        if (!bearer.Allows(request)) return GraphError.BadToken().ToResult();
        if (numbers.DisplayNumber(phoneNumberId) is null) return GraphError.NoSuchObject(phoneNumberId).ToResult();
        if (string.IsNullOrEmpty(messageId)) return GraphError.Missing("message_id").ToResult();

        var history = chats.History(phoneNumberId, messageId);
        return Results.Json(new
        {
            data = history is null ? [] : new[] { new { id = $"history_{messageId}", message_id = messageId, events = new { data = history.Select(Event).ToArray() } } },
            paging = new { },
        });
    }

    private static object Event((string Status, DateTimeOffset At) happened, int number) => new
    {
        id = $"event_{number}",
        delivery_status = happened.Status.ToUpperInvariant(),
        timestamp = happened.At.ToUnixTimeSeconds(),
        webhook_update_state = "DELIVERED",
    };
}
