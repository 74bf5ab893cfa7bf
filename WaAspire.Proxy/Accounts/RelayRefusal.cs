using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WaAspire.Proxy.Accounts;

/// <summary>A worker's refusal in the proxy's own words: its code where it looks like one, never its text.</summary>
internal static partial class RelayRefusal
{
    private const int BusyRetry = 10;
    private const int AwayRetry = 15;
    private const int RetryMax = 3600;
    private const string Unknown = "The worker refused this.";

    /// <summary>A client knows what to do with these.</summary>
    private static readonly int[] _passed = [401, 403, 404, 409, 429, 503];

    private static readonly string[] _numbers = ["maxAccounts", "currentAccounts"];

    private static readonly FrozenDictionary<string, string> _messages = new Dictionary<string, string>
    {
        ["account_not_found"] = "There is no such account.",
        ["access_token_lacks_permission"] = "The access token may not manage WhatsApp numbers: it needs whatsapp_business_messaging and whatsapp_business_management.",
        ["configuration_missing"] = "The worker lacks a setting: WA_SESSION_KEYS must be configured before a token can be kept.",
        ["conflict"] = "The account changed at the same time. Try again.",
        ["invalid_access_token"] = "Meta does not accept this access token: it is wrong, expired or withdrawn.",
        ["invalid_request"] = "The worker does not take this request.",
        ["invalid_state"] = "The account must be connected, and paired with a phone.",
        ["live_check_failed"] = "Meta refused the check of this number.",
        ["missing_internal_token"] = "The proxy and the worker are not configured with the same INTERNAL_TOKEN.",
        ["not_paired_by_qr"] = "A Cloud API account has no session: nothing is scanned for it.",
        ["phone_number_id_not_found"] = "Meta knows no such phone number id, or the access token's business does not own it.",
        ["provider_mismatch"] = "This number has an account of the other kind. Delete that one first.",
        ["rate_limited"] = "There are as many accounts as this installation may have. Delete one first.",
        ["service_unavailable"] = "The account store does not answer. Try again.",
        ["whatsapp_unavailable"] = "Meta gives no answer about this number now. Try again.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static (int Status, JsonObject Body) Of(int status, JsonElement answer, RelayStyle style, string requestId)
    {
        var code = Code(answer, "error");
        var isPassed = _passed.Contains(status) || (status == 400 && style == RelayStyle.Add) || (status is >= 400 and < 500 && style == RelayStyle.Regenerate);
        var message = code is not null ? _messages.GetValueOrDefault(code, Unknown) : Unknown;
        var body = new JsonObject
        {
            ["success"] = false,
            ["error"] = ErrorOf(status, code, isPassed, style),
            ["message"] = message,
            ["requestId"] = requestId,
            ["upstreamStatusCode"] = status,
            ["backendError"] = code,
            ["backendMessage"] = code is null ? null : message,
        };
        if (style == RelayStyle.Regenerate)
        {
            body["hint"] = "Look at the worker's log for this request id.";
            body["backendStatus"] = Code(answer, "status") ?? Code(answer, "currentStatus");
        }

        foreach (var name in _numbers.Where(name => Number(answer, name) is not null))
        {
            body[name] = Number(answer, name);
        }

        if (Code(answer, "currentStatus") is { } current)
        {
            body["currentStatus"] = current;
        }

        if (status is 429 or 503)
        {
            body["retryAfterSeconds"] = Number(answer, "retryAfterSeconds") is { } seconds and > 0 and <= RetryMax ? seconds : status == 429 ? BusyRetry : AwayRetry;
        }

        return (isPassed ? status : 500, body);
    }

    private static string ErrorOf(int status, string? code, bool isPassed, RelayStyle style) => style switch
    {
        _ when code == "configuration_missing" => code,
        RelayStyle.Regenerate when !(isPassed && status is 401 or 403 or 503) => $"UPSTREAM_HTTP_{status}",
        RelayStyle.Staff when !isPassed => "internal_error",
        _ when isPassed && code is not null => code,
        _ => "backend_error",
    };

    private static string? Code(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text && Word().IsMatch(text) ? text : null;

    private static long? Number(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;

    // Letters and underscores: no address, no number of anybody's.
    [GeneratedRegex("^[a-z][a-z_]{0,63}$")]
    private static partial Regex Word();
}
