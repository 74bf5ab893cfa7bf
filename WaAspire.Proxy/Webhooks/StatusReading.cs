using System.Text.Json;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// One of <c>statuses[]</c>: <c>{"id":"wamid.…","status":"delivered","timestamp":"1767225600","recipient_id":"40712345678",
/// "biz_opaque_callback_data":"…","pricing":{…},"errors":[{"code":131026,"title":"…"}]}</c>. Without a number where the
/// recipient hides it; in a group with <c>recipient_type:"group"</c> and <c>recipient_participant_id</c>.
/// </summary>
internal static class StatusReading
{
    /// <summary>Null when it names no message or says nothing.</summary>
    public static ProviderStatus? Read(JsonElement status)
    {
        if (status.Word("id") is not { } id || status.Word("status") is not { } word)
        {
            return null;
        }

        var error = status.Members("errors").Select(error => (JsonElement?)error).FirstOrDefault();
        int? code = error?.Member("code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var whole) ? whole : null;
        return new ProviderStatus(id, word, status.Seconds("timestamp"), status.Word("biz_opaque_callback_data"), code, error?.Word("title"))
        {
            Participant = Participant(status),
            Pricing = status.Map("pricing"),
            Conversation = status.Map("conversation"),
            Raw = status.Raw(),
        };
    }

    private static string? Participant(JsonElement status)
    {
        var participant = status.Word("recipient_participant_id") ?? status.Word("recipient_participant_user_id");
        return participant is null ? null : Jid.TryParse(participant, out var jid) ? jid.Value : participant;
    }
}
