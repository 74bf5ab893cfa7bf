using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Proxy.Envelope;
using WaAspire.ServiceDefaults.Resilience;

namespace WaAspire.Proxy.Operations;

/// <summary>The worker's answer, or why there is none.</summary>
internal abstract record WorkerAnswer
{
    private WorkerAnswer()
    {
    }

    public sealed record Answered(int Status, JsonElement Body) : WorkerAnswer;

    /// <param name="Refusal">What to answer instead.</param>
    /// <param name="Status">Of an answer that was there, but is not one.</param>
    public sealed record None(Refusal Refusal, int? Status = null) : WorkerAnswer;
}

/// <summary>
/// Calls the worker's endpoints. A verb goes once: what got no answer may have been done, and a person looks before repeating it.
/// A question, and what may be done twice, is asked again by the client's defaults (ServiceDefaults/Resilience): behind one
/// address there are several workers, and one may just have died.
/// </summary>
internal sealed class WorkerClient(IHttpClientFactory clients, IOptions<OperationsOptions> options)
{
    public const string ClientName = "worker";
    public const int ReplyBytesMax = 4 * 1024 * 1024;
    private const string TokenHeader = "X-Internal-Token";

    private readonly OperationsOptions _options = options.Value;

    /// <summary>Null when everything is configured.</summary>
    public Refusal? Missing =>
        !Uri.TryCreate(_options.WorkerUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") ? Refusal.ConfigurationMissing(OperationsOptions.WorkerUrlName)
        : _options.InternalToken.Length == 0 ? Refusal.ConfigurationMissing(OperationsOptions.InternalTokenName)
        : null;

    /// <param name="method">Towards the worker.</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">JSON; empty for none.</param>
    /// <param name="mayRepeat">Doing it twice is doing it once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="headers">Besides the token.</param>
    public async Task<WorkerAnswer> CallAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte> body, bool mayRepeat, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, _options.WorkerUrl + path);
        request.Headers.TryAddWithoutValidation(TokenHeader, _options.InternalToken);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        // Without any content the handler below would repeat it by itself, on a connection that was used before.
        if (!body.IsEmpty || !mayRepeat)
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = body.IsEmpty ? null : new MediaTypeHeaderValue("application/json") } };
        request.Options.Set(Repeatable.Key, mayRepeat);
        int? status = null;
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, cancellationToken);
            status = (int)response.StatusCode;
            var json = await JsonSerializer.DeserializeAsync<JsonElement>(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            return json.ValueKind == JsonValueKind.Object
                ? new WorkerAnswer.Answered((int)response.StatusCode, json)
                : new WorkerAnswer.None(Refusal.WorkerUnreadable, status);
        }
        catch (JsonException)
        {
            return new WorkerAnswer.None(Refusal.WorkerUnreadable, status);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or SocketException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new WorkerAnswer.None(Refusal.WorkerUnreachable);
        }
    }
}
