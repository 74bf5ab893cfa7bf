using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The logs over HTTP: one JSON object per line, or an array for who asks for <c>application/json</c>.</summary>
internal static class LogsApi
{
    private const string NdJson = "application/x-ndjson";

    public static void MapLogs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/simulator/accepted", (HttpContext http, RequestLogs logs, long after = 0, int limit = int.MaxValue) =>
            WriteAsync(http, logs.Accepted, after, limit));
        routes.MapGet("/simulator/requests", (HttpContext http, RequestLogs logs, long after = 0, int limit = int.MaxValue) =>
            WriteAsync(http, logs.Requests, after, limit));
        routes.MapDelete("/simulator/accepted", Clear);
    }

    private static NoContent Clear(RequestLogs logs, ChatStore chats)
    {
        logs.Accepted.Clear();
        logs.Requests.Clear();
        chats.Clear();
        return TypedResults.NoContent();
    }

    private static async Task WriteAsync<T>(HttpContext http, BoundedLog<T> log, long after, int limit)
    {
        var json = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var entries = log.After(after, Math.Max(limit, 0));
        // A reader that compares must know when the log has forgotten something.
        http.Response.Headers["X-Simulator-Dropped"] = log.State().Dropped.ToString(CultureInfo.InvariantCulture);
        if (WantsArray(http.Request))
        {
            await http.Response.WriteAsJsonAsync(entries, json, http.RequestAborted);
            return;
        }

        http.Response.ContentType = NdJson;
        foreach (var entry in entries)
        {
            await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(entry, json), http.RequestAborted);
            await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        }
    }

    private static bool WantsArray(HttpRequest request) =>
        request.Headers.Accept.ToString() is var accept
        && accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)
        && !accept.Contains(NdJson, StringComparison.OrdinalIgnoreCase);
}
