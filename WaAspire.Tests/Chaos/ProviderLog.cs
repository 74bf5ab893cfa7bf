using System.Text.Json;

namespace WaAspire.Tests.Chaos;

/// <summary>A request that WhatsApp accepted.</summary>
/// <param name="Id">WhatsApp's id of the message.</param>
/// <param name="RequestId">As the request named it; empty where it named none.</param>
internal sealed record ProviderEntry(string PhoneNumberId, string Id, string RequestId);

/// <summary>All that WhatsApp's simulator was asked: what it accepted, in order, and which requests it ever answered with an error of its own.</summary>
internal sealed record ProviderLog(IReadOnlyList<ProviderEntry> Accepted, IReadOnlySet<string> Refused)
{
    public static async Task<ProviderLog> ReadAsync(HttpClient whatsApp)
    {
        var accepted = await LinesAsync(whatsApp, "/simulator/accepted");
        var requests = await LinesAsync(whatsApp, "/simulator/requests");
        return new ProviderLog(
            [.. accepted.Select(entry => new ProviderEntry(entry.GetProperty("phoneNumberId").GetString()!, entry.GetProperty("id").GetString()!, RequestOf(entry)))],
            requests.Where(entry => entry.GetProperty("answer").GetString() == "error").Select(RequestOf).ToHashSet(StringComparer.Ordinal));
    }

    private static async Task<IReadOnlyList<JsonElement>> LinesAsync(HttpClient whatsApp, string path)
    {
        using var response = await whatsApp.GetAsync(path);
        Assert.Equal(["0"], response.Headers.GetValues("X-Simulator-Dropped"));
        var lines = await response.Content.ReadAsStringAsync();
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    // A request that was refused before it was understood has it in its body only.
    private static string RequestOf(JsonElement entry) =>
        (Text(entry, "opaque") ?? (entry.GetProperty("body") is { ValueKind: JsonValueKind.Object } body ? Text(body, "biz_opaque_callback_data") : null) ?? "").Split(':')[0];

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
