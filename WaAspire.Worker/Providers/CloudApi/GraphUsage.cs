using System.Net.Http.Headers;
using System.Text.Json;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// How long Meta asks to wait, where it says so:
/// <c>X-Business-Use-Case-Usage: {"102290129340398":[{"type":"whatsapp","call_count":100,"estimated_time_to_regain_access":19}]}</c> (minutes).
/// </summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/overview/rate-limiting</remarks>
public static class GraphUsage
{
    private const string Header = "X-Business-Use-Case-Usage";
    private const string Minutes = "estimated_time_to_regain_access";
    private const int MinutesMax = 24 * 60;

    /// <summary>Null when it does not say, or says nothing sensible.</summary>
    public static TimeSpan? RegainAfter(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues(Header, out var values))
        {
            return null;
        }

        try
        {
            using var usage = JsonDocument.Parse(string.Concat(values));
            var longest = usage.RootElement.EnumerateObject()
                .SelectMany(business => business.Value.EnumerateArray())
                .Max(use => use.TryGetProperty(Minutes, out var minutes) && minutes.TryGetInt32(out var number) ? number : 0);
            return longest is > 0 and <= MinutesMax ? TimeSpan.FromMinutes(longest) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
