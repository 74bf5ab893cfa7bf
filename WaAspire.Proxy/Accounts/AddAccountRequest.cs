using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Proxy.Accounts;

/// <summary>
/// A new account as an app asks for it: <c>{"name":"Office","phone":"+40 712 345 678"}</c>, to be paired with a phone, or one of the
/// Cloud API: <c>{"provider":"cloud_api","name":"Office","phoneNumberId":"1001","accessToken":"…","wabaId":"2001"}</c>.
/// </summary>
internal sealed record AddAccountRequest(string Name, string? Phone, string? PhoneNumberId, string? AccessToken, string? WabaId)
{
    public const int BytesMax = 16 * 1024;
    private const string CloudApi = "cloud_api";
    private const string Baileys = "baileys";
    private const int NameLengthMax = 100;
    private const int PhoneLengthMin = 10;
    private const int PhoneLengthMax = 32;
    private const int IdLengthMax = 32;
    private const int TokenLengthMax = 4096;

    private static readonly JsonDocumentOptions _strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    // The generated text would print the token.
    public override string ToString() => nameof(AddAccountRequest);

    /// <summary>False with a sentence that a person can act on; it never repeats what was sent.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AddAccountRequest? request, [NotNullWhen(false)] out string? problem)
    {
        request = null;
        try
        {
            using var json = JsonDocument.Parse(body, _strict);
            problem = json.RootElement.ValueKind == JsonValueKind.Object ? Read(json.RootElement, out request) : "The body is not a JSON object.";
        }
        // A lone surrogate is lawful JSON but not text; reading it is what throws InvalidOperationException.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = "The body is not valid JSON in UTF-8.";
        }

        return problem is null;
    }

    /// <summary>What the worker takes.</summary>
    public ReadOnlyMemory<byte> ToJson() => JsonSerializer.SerializeToUtf8Bytes(PhoneNumberId is null
        ? (object)new { name = Name, phone = Phone }
        : new { name = Name, provider = CloudApi, phoneNumberId = PhoneNumberId, accessToken = AccessToken, wabaId = WabaId });

    /// <summary>Neither the number nor the token.</summary>
    public DocumentFields ForAudit() => new() { ["name"] = Name, ["provider"] = PhoneNumberId is null ? Baileys : CloudApi };

    private static string? Read(JsonElement body, out AddAccountRequest? request)
    {
        request = null;
        var name = Text(body, "name");
        if (name is null)
        {
            return "name is required.";
        }

        if (name.Length > NameLengthMax || name.Any(char.IsControl))
        {
            return $"name is longer than {NameLengthMax} characters, or holds control characters.";
        }

        var provider = Text(body, "provider");
        if (provider is not (null or Baileys or CloudApi))
        {
            return $"provider is {Baileys} or {CloudApi}.";
        }

        return provider == CloudApi ? ReadCloudApi(body, name, out request) : ReadPhone(body, name, out request);
    }

    private static string? ReadPhone(JsonElement body, string name, out AddAccountRequest? request)
    {
        request = null;
        if (Text(body, "phone") is not { } phone)
        {
            return "phone is required.";
        }

        if (phone.Length < PhoneLengthMin)
        {
            return $"phone is shorter than {PhoneLengthMin} characters.";
        }

        var digits = string.Concat(phone.Where(c => !char.IsWhiteSpace(c)));
        if (digits.Length > PhoneLengthMax || !IsDigits(digits.StartsWith('+') ? digits[1..] : digits))
        {
            return "phone holds something else than digits with an optional plus before them.";
        }

        request = new AddAccountRequest(name, phone, null, null, null);
        return null;
    }

    private static string? ReadCloudApi(JsonElement body, string name, out AddAccountRequest? request)
    {
        request = null;
        if (Text(body, "phoneNumberId") is not { Length: <= IdLengthMax } number || !IsDigits(number))
        {
            return "phoneNumberId is required: the digits that Meta shows for the number.";
        }

        if (Text(body, "accessToken") is not { Length: <= TokenLengthMax } token || !token.All(c => c is > ' ' and <= '~'))
        {
            return "accessToken is required: a token of a system user, without spaces.";
        }

        var waba = Text(body, "wabaId");
        if (waba is not null && (waba.Length > IdLengthMax || !IsDigits(waba)))
        {
            return "wabaId is digits.";
        }

        request = new AddAccountRequest(name, null, number, token, waba);
        return null;
    }

    private static bool IsDigits(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    /// <summary>Trimmed; null for none, an empty one, or what is no text.</summary>
    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text ? text : null;
}
