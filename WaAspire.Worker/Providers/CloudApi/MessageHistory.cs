using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// <c>GET /{phone-number-id}/message_history?message_id=wamid.…</c>: <c>{"data":[{"message_id":"…","events":{"data":[
/// {"delivery_status":"DELIVERED","timestamp":…,"webhook_update_state":"FAILED"}]}}]}</c>. A question may be asked again;
/// nothing is sent by it.
/// </summary>
/// <remarks>https://developers.facebook.com/docs/whatsapp/cloud-api/reference</remarks>
public sealed class MessageHistory(HttpClient graph, IOptions<CloudApiOptions> api, AccessTokens tokens, IOptions<SendingOptions> options, TimeProvider time) : IMessageHistory
{
    private const int AnswerLimit = 256 * 1024;
    private const string Fields = "id,message_id,events{delivery_status,timestamp,webhook_update_state,error_description}";

    public async Task<IReadOnlyList<ProviderStatus>?> AskAsync(Account account, string providerMessageId, CancellationToken cancellationToken)
    {
        if (account.PhoneNumberId is not { Length: > 0 } number || await TokenAsync(account, cancellationToken) is not { } token)
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(options.Value.SendTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var address = $"{api.Value.BaseUrl}/{Uri.EscapeDataString(number)}/message_history?message_id={Uri.EscapeDataString(providerMessageId)}&fields={Uri.EscapeDataString(Fields)}&limit=100";
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await graph.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            await response.Content.LoadIntoBufferAsync(AnswerLimit, either.Token);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            return Read(answer.RootElement, providerMessageId);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or JsonException or InvalidOperationException or FormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // No answer, or none that can be read: the message is asked for again another time.
            return null;
        }
    }

    private async Task<string?> TokenAsync(Account account, CancellationToken cancellationToken)
    {
        try
        {
            return await tokens.OfAsync(account, cancellationToken);
        }
        catch (FirestoreException)
        {
            return null;
        }
    }

    private static List<ProviderStatus> Read(JsonElement answer, string providerMessageId)
    {
        var statuses = new List<ProviderStatus>();
        foreach (var happened in Items(answer, "data").Where(entry => Text(entry, "message_id") == providerMessageId).SelectMany(entry => Member(entry, "events") is { } events ? Items(events, "data") : []))
        {
            // DELETED says nothing about delivery; whatever Meta adds is no status either.
            if (Text(happened, "delivery_status")?.ToLowerInvariant() is { } word && StatusRank.Of(word) > 0)
            {
                statuses.Add(new ProviderStatus(providerMessageId, word, At(happened), Opaque: null, ErrorTitle: Text(happened, "error_description")));
            }
        }

        return statuses;
    }

    // Its form is not documented: seconds as a number or a string, or ISO 8601.
    private static DateTimeOffset? At(JsonElement happened) => Member(happened, "timestamp")?.ToString() switch
    {
        { } text when long.TryParse(text, out var seconds) && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() => DateTimeOffset.FromUnixTimeSeconds(seconds),
        { } text when DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) => at,
        _ => null,
    };

    private static JsonElement? Member(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var member) ? member : null;

    private static JsonElement[] Items(JsonElement holder, string name) => Member(holder, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static string? Text(JsonElement holder, string name) => Member(holder, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
