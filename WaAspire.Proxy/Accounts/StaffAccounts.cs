using System.Text.Json;
using System.Text.Json.Nodes;

namespace WaAspire.Proxy.Accounts;

/// <summary>The account list as employees may see it: without whatever pairs a phone, and without the super-admin's own number.</summary>
internal static class StaffAccounts
{
    private const int PhoneDigits = 9;
    private static readonly string[] _secret = ["qr", "qrCode", "qrText", "qrExpiresAt", "pairingCode", "pairing_code", "pairingUrl", "pairing_url"];
    private static readonly string[] _phones = ["phone", "phoneNumber", "msisdn"];

    public static JsonNode Of(JsonElement answer, string adminPhone)
    {
        var json = JsonObject.Create(answer)!;
        if (json["accounts"] is not JsonArray accounts)
        {
            return json;
        }

        foreach (var account in accounts.OfType<JsonObject>().ToList())
        {
            if (IsOf(account, LastDigits(adminPhone)))
            {
                accounts.Remove(account);
                continue;
            }

            foreach (var name in _secret)
            {
                account.Remove(name);
            }
        }

        return json;
    }

    private static bool IsOf(JsonObject account, string adminDigits) =>
        adminDigits.Length > 0 && _phones.Any(name => account[name] is JsonValue value && value.TryGetValue<string>(out var phone) && LastDigits(phone) == adminDigits);

    /// <summary>However it is written, with or without the country.</summary>
    private static string LastDigits(string phone)
    {
        var digits = string.Concat(phone.Where(char.IsAsciiDigit));
        return digits.Length > PhoneDigits ? digits[^PhoneDigits..] : digits;
    }
}
