using WaAspire.WhatsAppSimulator.Phone;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// The moment at which a message becomes WhatsApp's: it gets its id, its line in the accepted log, its bubble, and
/// its future statuses. Everything after this line is answer and delivery, and may fail without undoing it.
/// </summary>
internal sealed class MessageAcceptance(RequestLogs logs, ChatStore chats, StatusSchedule schedule, TimeProvider time)
{
    private readonly Lock _gate = new();

    public string Accept(SendRequest request)
    {
        var id = Wamid.ForOutbound(request.To);
        // One gate, so that the order of the log is the order on the phone.
        lock (_gate)
        {
            var at = time.GetUtcNow();
            logs.Accepted.Append(sequence => new(
                sequence, at.UtcDateTime, request.PhoneNumberId, request.To, id, request.Json, request.Opaque));
            var message = new PhoneMessage(
                request.PhoneNumberId, request.To, id, Direction.Outbound, request.Type, request.Text, at, request.Opaque)
            {
                Parts = BubbleParts.Of(request.Type, request.Body),
                RepliesTo = request.RepliesTo,
            };
            chats.Add(message, request.Body);
            schedule.ForAccepted(message, request.Json);
        }

        return id;
    }
}
