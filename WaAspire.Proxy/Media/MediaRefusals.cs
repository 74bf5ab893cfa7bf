using WaAspire.Messaging.WhatsApp;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Media;

/// <summary>Why a file is not taken, in the one envelope.</summary>
internal static class MediaRefusals
{
    public static readonly Refusal NoFile = Refusal.InvalidRequest("file is required: the body itself, or a part named file.");
    public static readonly Refusal UnknownType = new(415, "unsupported_media_type", "Content-Type is missing or of a type that WhatsApp does not take.");
    public static readonly Refusal NoSuchAccount = new(404, "account_not_found", "There is no such account.");
    public static readonly Refusal ByLinkOnly = new(409, "media_by_link_only", "This account takes media by link.");
    public static readonly Refusal UploadRefused = new(502, "upload_refused", "WhatsApp refused the file for a reason that lies with the account.");

    public static Refusal NotLikeItsType(MediaType type) =>
        new(415, "unsupported_media_type", $"The file does not look like {type.MimeType} as WhatsApp takes it.");

    public static Refusal TooLarge(string mimeType, long bytesMax) =>
        new(413, "payload_too_large", $"A file of type {mimeType} may have at most {bytesMax} bytes.");

    /// <summary>A file that was not stored does no harm when it comes again.</summary>
    public static Refusal Later(TimeSpan retryAfter) =>
        new(503, "service_unavailable", "The file cannot be passed on now. Try again.", retryAfter);
}
