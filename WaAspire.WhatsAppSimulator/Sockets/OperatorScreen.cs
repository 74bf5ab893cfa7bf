using System.Net.Http.Json;
using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>
/// What a phone is held against: the codes on the operator's screen. The stand-in knows who waits, but half of a code's
/// secret is never told to the server, so it is read where the operator's page has it: in the accounts, as admin.
/// </summary>
internal sealed class OperatorScreen : IDisposable
{
    private const int AccountsMax = 300;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10), DefaultRequestHeaders = { { "Authorization", "Bearer owner" } } };
    private readonly string? _accounts;

    public OperatorScreen(IConfiguration configuration)
    {
        var (host, project) = (configuration["FIRESTORE_EMULATOR_HOST"], configuration["FIREBASE_PROJECT_ID"]);
        if (!string.IsNullOrEmpty(host) && !string.IsNullOrEmpty(project))
            _accounts = $"http://{host}/v1/projects/{project}/databases/(default)/documents/accounts?pageSize={AccountsMax}";
    }

    /// <exception cref="HttpRequestException">The store does not answer.</exception>
    public async Task<IReadOnlyList<WaitingAccount>> CodesAsync(CancellationToken cancellation)
    {
        if (_accounts is null) return [];
        var listed = await _http.GetFromJsonAsync<JsonElement>(_accounts, cancellation);
        return listed.TryGetProperty("documents", out var documents) ? [.. documents.EnumerateArray().Select(Read).OfType<WaitingAccount>()] : [];
    }

    public void Dispose() => _http.Dispose();

    private static WaitingAccount? Read(JsonElement document)
    {
        var id = document.GetProperty("name").GetString()!.Split('/')[^1];
        var fields = document.TryGetProperty("fields", out var all) ? all : default;
        return Text(fields, "qrText", "stringValue") is { } qr && WaitingAccount.CodeOf(qr) is { } code
            ? new WaitingAccount(id, Text(fields, "name", "stringValue") ?? id, NumberOf(fields, id), code, qr, Time(Text(fields, "qrExpiresAt", "timestampValue")))
            : null;
    }

    /// <summary>The phone that scans has the number that the account was added with; without one, a number of nobody's.</summary>
    private static string NumberOf(JsonElement fields, string id)
    {
        var given = string.Concat((Text(fields, "phone", "stringValue") ?? Text(fields, "phoneE164", "stringValue") ?? "").Where(char.IsAsciiDigit));
        return given.Length > 0 ? given : $"40799{id.Aggregate(0u, (sum, letter) => (sum * 31) + letter) % 1_000_000:d6}";
    }

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var time) ? time : null;

    private static string? Text(JsonElement fields, string name, string kind) =>
        fields.ValueKind == JsonValueKind.Object && fields.TryGetProperty(name, out var field) && field.TryGetProperty(kind, out var value) ? value.GetString() : null;
}

/// <summary>An account that a phone can scan.</summary>
/// <param name="Number">Digits of the phone that will.</param>
/// <param name="Code">The part of the QR text that tells one code from the next, and that the stand-in knows.</param>
/// <param name="Qr">What is drawn. It holds a secret: the page gets the picture only.</param>
internal sealed record WaitingAccount(string AccountId, string Name, string Number, string Code, string Qr, DateTimeOffset? ExpiresAt)
{
    /// <summary><c>https://wa.me/settings/linked_devices#REF,key,key,secret,…</c>: what stands before the first comma.</summary>
    public static string? CodeOf(string qr)
    {
        var code = qr[(qr.LastIndexOf('#') + 1)..].Split(',')[0];
        return code.Length is > 0 and <= 200 ? code : null;
    }
}
