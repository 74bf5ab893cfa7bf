using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>
/// The one send through a linked device. Enters: a claimed message inside its trust window, of an account whose session
/// this worker holds. Leaves: one of the closed outcomes. The id is the same for every attempt of a message, so what is
/// in doubt may be sent again: phones show it once. If we die here, the next owner does that.
/// </summary>
public sealed class BaileysProvider(
    OwnedAccounts owned, GatewayClient gateway, BaileysLetters letters, IOptions<SendingOptions> options, IOptions<LinkedFileOptions> files, Random chance) : IProvider
{
    /// <summary>WhatsApp's own number for an account that may begin no new conversations.</summary>
    private const string NoNewContacts = "463";

    public string Name => Account.Baileys;

    public async Task<SendOutcome> SendAsync(Account account, ClaimedMessage message, CancellationToken work)
    {
        if (!Jid.TryParse(message.Message.ToJid, out var recipient))
        {
            return new SendOutcome.Rejected(new SendFault("recipient", "The recipient is no address of WhatsApp's", false));
        }

        if (!owned.MaySend(account.Id) || owned.Find(account.Id) is not { } held)
        {
            return new SendOutcome.Deferred(options.Value.RetryBase, "the session is not this worker's, or not open");
        }

        if (gateway.IsMute)
        {
            // Each attempt would end in doubt, and spend one of few, until the gateway is started again.
            return new SendOutcome.Deferred(options.Value.LostClaimRest, "the gateway gives no answer");
        }

        var (content, fault) = await letters.WriteAsync(message.Message, work).KillPoint();
        if (fault is not null)
        {
            return fault.Retryable ? new SendOutcome.RetryLater(Backoff(message.Message), fault, SpendsAttempt: true) : new SendOutcome.Rejected(fault);
        }

        var messageId = TransportMessageId.Of(message.Message.RequestId);
        var body = new JsonObject
        {
            ["accountId"] = account.Id,
            ["epoch"] = held.Term.Epoch,
            ["messageId"] = messageId,
            ["to"] = recipient.Value,
            ["content"] = content,
        };
        return await gateway.PostAsync("/messages/send", body, LimitFor(content!), work).KillPoint() switch
        {
            GatewayReply.Answer { IsOk: true } answer => Classify(answer, messageId, message.Message),
            // Refusals of the command itself: nothing has happened.
            GatewayReply.Answer { Status: >= 400 and < 500 or 503 } refused => new SendOutcome.Deferred(options.Value.RetryBase, refused.Error),
            GatewayReply.NotSent notSent => new SendOutcome.RetryLater(Backoff(message.Message), new SendFault("gateway", notSent.Reason, true), SpendsAttempt: false),
            GatewayReply.Lost lost => new SendOutcome.Uncertain(lost.Reason),
            _ => new SendOutcome.Uncertain("an answer that is not the gateway's"),
        };
    }

    /// <summary>What a file's fetching may have taken comes out of the whole: the claim was trusted for so long and no longer.</summary>
    private TimeSpan LimitFor(JsonObject content)
    {
        var whole = options.Value.SendTimeout;
        var left = MessageKinds.Media.Contains(content[MessagePayload.Type]!.GetValue<string>()) ? whole - files.Value.Timeout : whole;
        return left > whole / 2 ? left : whole / 2;
    }

    private SendOutcome Classify(GatewayReply.Answer answer, string messageId, OutboxDocument message)
    {
        var code = answer.Word("code") ?? "unknown";
        return answer.Word("outcome") switch
        {
            "accepted" => new SendOutcome.Accepted(messageId),
            // The socket went away before the message did: not its fault.
            "rejected" when code == "not_connected" => new SendOutcome.Deferred(options.Value.RetryBase, code),
            "rejected" when IsRetryable(answer) => new SendOutcome.RetryLater(Backoff(message), new SendFault(code, Title(code), true), SpendsAttempt: true),
            "rejected" => new SendOutcome.Rejected(new SendFault(code, Title(code), false) { Rule = code == NoNewContacts ? ErrorTable.NewContacts : null }),
            "unknown" => new SendOutcome.Uncertain(answer.Word("reason") ?? "unknown"),
            _ => new SendOutcome.Uncertain("an answer that is not the gateway's"),
        };
    }

    private TimeSpan Backoff(OutboxDocument message) =>
        RetrySchedule.Next(message.AttemptCount, options.Value.RetryBase, options.Value.RetryCap, chance.NextDouble());

    private static bool IsRetryable(GatewayReply.Answer answer) => answer.Body.TryGetProperty("retryable", out var retryable) && retryable.ValueKind == System.Text.Json.JsonValueKind.True;

    private static string Title(string code) => code switch
    {
        NoNewContacts => ErrorTable.NewContacts.Title,
        "unsupported_content" => "A linked device cannot send this kind of message",
        "invalid_recipient" => "The recipient is no address of WhatsApp's",
        "not_on_whatsapp" => "The recipient is not on WhatsApp",
        "no_recipients" => "The recipient has no device that could get it",
        "device_lookup_failed" => "WhatsApp did not say which devices the recipient has",
        "encryption_failed" => "It could not be encrypted for any device",
        "media_upload_failed" => "The media cannot be uploaded",
        _ => "WhatsApp refused it",
    };
}
