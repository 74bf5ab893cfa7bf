using System.Text.Json.Nodes;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Api;

/// <summary>An account as clients are told of it. No token, no key, no text of a code is ever among it, only the code's picture.</summary>
internal static class AccountView
{
    private static readonly string[] _asStored =
    [
        AccountFields.LastError, AccountFields.PhoneNumberId, AccountFields.WabaId, "verifiedName", "degraded", AccountFields.ReconnectCount, AccountFields.RequiresQr,
        AccountFields.LastDisconnectReason, AccountFields.LastDisconnectCode, AccountFields.LastDisconnectedAt, "lastConnectedAt", AccountFields.LastBackfillAt,
        AccountFields.BackfillRequestedAt, "nextRetryAt",
    ];

    public static JsonObject Of(StoredDocument account, DateTimeOffset now)
    {
        var fields = account.Fields;
        var isCodeFresh = QrPicture.TextOf(fields, now) is not null || fields.Timestamp(AccountFields.QrExpiresAt) > now;
        var json = new JsonObject
        {
            ["id"] = account.Id,
            ["name"] = NameOf(account),
            ["phone"] = PhoneOf(fields),
            ["status"] = fields.Text(AccountFields.Status),
            ["qrCode"] = QrPicture.Of(fields, now),
            ["qrExpiresAt"] = isCodeFresh ? ClientJson.Of(fields.Timestamp(AccountFields.QrExpiresAt)) : null,
            ["pairingCode"] = isCodeFresh ? fields.Text(AccountFields.PairingCode) : null,
            ["createdAt"] = CreatedAt(account),
            ["lastUpdate"] = ClientJson.Of(fields.Timestamp(AccountFields.UpdatedAt) ?? fields.Timestamp("lastUpdate") ?? account.UpdateTime),
            ["provider"] = fields.Text(AccountFields.Provider) ?? Accounts.Account.Baileys,
            ["passiveModeReason"] = null,
            ["sendPaused"] = fields.Map(AccountFields.SendPaused)?.Text("reason"),
        };
        foreach (var name in _asStored)
        {
            json[name] = fields.TryGetValue(name, out var value) ? ClientJson.Of(value) : null;
        }

        return json;
    }

    public static string NameOf(StoredDocument account) => account.Fields.Text(AccountFields.Name) is { Length: > 0 } name ? name : account.Id;

    public static string? PhoneOf(DocumentFields account) => account.Text(AccountFields.PhoneE164) ?? account.Text(AccountFields.Phone);

    /// <summary>A text in the contract; documents of some versions hold a time.</summary>
    private static JsonNode? CreatedAt(StoredDocument account) =>
        account.Fields.TryGetValue(AccountFields.CreatedAt, out var value) ? ClientJson.Of(value) : Iso(account.CreateTime);

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
