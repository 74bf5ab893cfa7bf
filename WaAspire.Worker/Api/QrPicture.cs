using QRCoder;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Api;

/// <summary>The code to scan, drawn where somebody who may see it looks: <c>data:image/png;base64,…</c>, as clients know it.</summary>
internal static class QrPicture
{
    private const int PixelsPerModule = 6;

    /// <summary>A text of WhatsApp's is some 250 characters; what is longer than a code can hold is none.</summary>
    private const int TextLengthMax = 1000;

    /// <summary>Null when there is no code to scan, or it has expired.</summary>
    public static string? Of(DocumentFields account, DateTimeOffset now) => TextOf(account, now) is { } text ? Draw(text) : null;

    public static string? TextOf(DocumentFields account, DateTimeOffset now) =>
        account.Text(AccountFields.QrText) is { Length: > 0 and <= TextLengthMax } text && account.Timestamp(AccountFields.QrExpiresAt) > now ? text : null;

    private static string Draw(string text)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        using var picture = new PngByteQRCode(code);
        return "data:image/png;base64," + Convert.ToBase64String(picture.GetGraphic(PixelsPerModule));
    }
}
