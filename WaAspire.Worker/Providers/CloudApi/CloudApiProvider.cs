using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// The one call to Meta's Graph API. Enters: a claimed message inside its trust window. Leaves: one of the closed
/// outcomes. No answer after the body began to leave is doubt, never a retry: the API has no idempotency key.
/// </summary>
public sealed class CloudApiProvider(HttpClient graph, IOptions<CloudApiOptions> api, AccessTokens tokens, IOptions<SendingOptions> options, Random chance, TimeProvider time) : IProvider
{
    private const int AnswerLimit = 64 * 1024;
    private const string Unreachable = "connect";

    public string Name => "cloud_api";

    public async Task<SendOutcome> SendAsync(Account account, ClaimedMessage message, CancellationToken work)
    {
        if (!Jid.TryParse(message.Message.ToJid, out var recipient) || recipient.PhoneE164 is not { } phone)
        {
            return new SendOutcome.Rejected(new SendFault("recipient", "The Cloud API sends to phone numbers only", false));
        }

        // The token's own read counts into the time that a send may take: the trust window ends where it did.
        using var timeout = new CancellationTokenSource(options.Value.SendTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, work);
        string? token;
        try
        {
            token = await tokens.OfAsync(account, either.Token).KillPoint();
        }
        catch (Exception exception) when (exception is FirestoreException or OperationCanceledException)
        {
            return new SendOutcome.Deferred(options.Value.RetryBase, "the account's token could not be read");
        }

        if (account.PhoneNumberId is not { Length: > 0 } phoneNumberId || token is null)
        {
            return CloudApiFaults.Classify(ErrorTable.NotConfigured, "configuration", message.Message, options.Value, chance.NextDouble());
        }

        if (CloudApiRequest.Of(message.Message, phone, message.Opaque) is not { } body)
        {
            return new SendOutcome.Rejected(new SendFault("payload", "The message holds nothing that the Cloud API can send", false));
        }

        using var content = new OnceContent(body);
        var outcome = await PostAsync(phoneNumberId, token, content, message.Message, either.Token).KillPoint();
        return outcome is SendOutcome.Uncertain && timeout.IsCancellationRequested ? new SendOutcome.Uncertain("no answer in time") : outcome;
    }

    private async Task<SendOutcome> PostAsync(string phoneNumberId, string token, OnceContent content, OutboxDocument message, CancellationToken work)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{api.Value.BaseUrl}/{Uri.EscapeDataString(phoneNumberId)}/messages") { Content = content };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await graph.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, work).KillPoint();
            var answer = await ReadAsync(response, work).KillPoint();
            return Classify(answer, response, message);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or IOException or InvalidOperationException or FormatException)
        {
            // Bytes may have left only if the body began to. What exactly went wrong with the network does not matter.
            return content.Started
                ? new SendOutcome.Uncertain("the connection broke before an answer")
                : CloudApiFaults.Classify(ErrorTable.Unreachable, Unreachable, message, options.Value, chance.NextDouble());
        }
    }

    private SendOutcome Classify(GraphAnswer? answer, HttpResponseMessage response, OutboxDocument message) => answer switch
    {
        { Messages: [{ Id: { Length: > 0 } id }, ..] } when response.IsSuccessStatusCode => new SendOutcome.Accepted(id),
        { Error: { Code: not null } error } when !response.IsSuccessStatusCode => WithHint(
            CloudApiFaults.Classify(error, (int)response.StatusCode, message, options.Value, chance.NextDouble()), response),
        _ => new SendOutcome.Uncertain($"an answer without Meta's body, HTTP {(int)response.StatusCode}"),
    };

    private static SendOutcome WithHint(SendOutcome outcome, HttpResponseMessage response) =>
        outcome is SendOutcome.RetryLater { SpendsAttempt: false } later && GraphUsage.RegainAfter(response.Headers) is { } hint
            ? later with { Fault = later.Fault with { Hint = hint } }
            : outcome;

    /// <summary>Null for a body that is not Meta's: a proxy's page, half an answer, nothing.</summary>
    private static async Task<GraphAnswer?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(AnswerLimit, cancellationToken).KillPoint();
            return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken).KillPoint(), GraphJson.Default.GraphAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
