using WaAspire.WhatsAppSimulator.Faults;
using WaAspire.WhatsAppSimulator.Phone;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>One look at everything that is counted and bounded.</summary>
internal static class StatusApi
{
    public static void MapStatus(this IEndpointRouteBuilder routes) => routes.MapGet("/simulator/status",
        (RequestLogs logs, ChatStore chats, FaultPlan faults, WebhookQueue webhooks, MediaStore media, StatusSchedule schedule) => TypedResults.Ok(new
        {
            accepted = logs.Accepted.State(),
            requests = logs.Requests.State(),
            chats = chats.State(),
            media = media.State(),
            faults = faults.Count,
            pendingUpdates = schedule.Count,
            droppedUpdates = schedule.Dropped,
            webhooks = webhooks.State(),
        }));
}
