using System.Text.Json;
using WaAspire.WhatsAppSimulator.Faults;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// The messages endpoint. What enters is a Graph request; what leaves is Meta's answer, unless a fault says
/// otherwise. Steps: 1 read the body, 2 token, 3 number, 4 validate, 5 fault, 6 accept, 7 answer.
/// </summary>
internal sealed class MessagesApi(
    BearerCheck bearer, BusinessNumbers numbers, FaultyEndpoint faulty, MessageAcceptance acceptance, RequestLogs logs, MediaStore media, TimeProvider time)
{
    public async Task<IResult> PostAsync(HttpContext http, string phoneNumberId)
    {
        var body = await ReadAsync(http);
        await faulty.LatencyAsync(http.RequestAborted);
        var (outcome, result) = await AnswerAsync(http, phoneNumberId, body);
        var json = outcome.Request?.Json ?? (body is { } sent ? RawJson.From(sent) : null);
        logs.Requests.Append(sequence => new(sequence, time.GetUtcNow().UtcDateTime, phoneNumberId, outcome, json));
        return result;
    }

    private async Task<(RequestOutcome, IResult)> AnswerAsync(HttpContext http, string phoneNumberId, JsonElement? body)
    {
        if (!bearer.Allows(http.Request)) return Refuse(GraphError.BadToken());
        if (numbers.DisplayNumber(phoneNumberId) is not { } displayNumber) return Refuse(GraphError.NoSuchObject(phoneNumberId));
        if (body is not { } sent) return Refuse(new GraphError(100, "The body is not valid JSON."));
        if (SendValidation.IsRead(sent)) return MarkRead(sent);

        var (request, error) = SendValidation.Check(phoneNumberId, displayNumber, sent);
        if ((error ?? MediaReferences.Check(sent, media)) is { } wrong) return Refuse(wrong);
        return await faulty.RunAsync(http, request!, () => Accept(request!));
    }

    private (RequestOutcome, IResult) Accept(SendRequest request)
    {
        var id = acceptance.Accept(request);
        // Only template messages carry a status in the answer.
        object message = request.Type == "template" ? new { id, message_status = "accepted" } : new { id };
        return (new RequestOutcome("accepted", StatusCodes.Status200OK, Id: id) { Request = request }, Results.Json(new
        {
            messaging_product = "whatsapp",
            contacts = new[] { new { input = request.Input, wa_id = request.To } },
            messages = new[] { message },
        }));
    }

    private static (RequestOutcome, IResult) MarkRead(JsonElement body) =>
        SendValidation.CheckRead(body) is { } error
            ? Refuse(error)
            : (new RequestOutcome("read", StatusCodes.Status200OK), Results.Json(new { success = true }));

    private static (RequestOutcome, IResult) Refuse(GraphError error) =>
        (new RequestOutcome("error", error.HttpStatus, error.Code), error.ToResult());

    /// <summary>Null when the body is not JSON, or holds text that no string can hold (half a surrogate pair).</summary>
    private static async Task<JsonElement?> ReadAsync(HttpContext http)
    {
        try
        {
            // Not the request's token: what has arrived is read, though its sender may have stopped waiting.
            using var document = await JsonDocument.ParseAsync(http.Request.Body, default, CancellationToken.None);
            // One pass through the writer proves that every string in it can be read later.
            return RawJson.From(document.RootElement).Parse();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
