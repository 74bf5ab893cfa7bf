namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// The files that WhatsApp takes: media type, the kind of message that carries it, its largest size, and how its first bytes
/// look. https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
/// </summary>
/// <param name="Kind">Of the message that carries it.</param>
/// <param name="MimeType">Lower case, without parameters.</param>
/// <param name="BytesMax">Largest file.</param>
/// <param name="IsLike">Whether the first <see cref="HeadBytes"/> bytes (fewer of a shorter file) can be such a file.</param>
public sealed record MediaType(string Kind, string MimeType, long BytesMax, Func<ReadOnlyMemory<byte>, bool> IsLike)
{
    /// <summary>The largest file of all, 100 MiB.</summary>
    public const long LargestBytes = 100 * Mebibyte;

    /// <summary>How many bytes it takes to tell one type from another: an Ogg file names its codec and channels in byte 28 to 37.</summary>
    public const int HeadBytes = 64;

    private const long Kibibyte = 1024;
    private const long Mebibyte = 1024 * Kibibyte;
    private const long StaticStickerBytesMax = 100 * Kibibyte;
    private const string Office = "application/vnd.openxmlformats-officedocument.";

    private static readonly byte[] _png = [0x89, .. "PNG\r\n\u001a\n"u8];
    private static readonly byte[] _oldOffice = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

    private static readonly MediaType[] _all =
    [
        new(MessageKinds.Image, "image/jpeg", 5 * Mebibyte, head => Has(head, 0, [0xFF, 0xD8, 0xFF])),
        new(MessageKinds.Image, "image/png", 5 * Mebibyte, head => Has(head, 0, _png)),
        new(MessageKinds.Sticker, "image/webp", 500 * Kibibyte, head => Has(head, 0, "RIFF"u8) && Has(head, 8, "WEBP"u8)),
        new(MessageKinds.Video, "video/mp4", 16 * Mebibyte, head => Has(head, 4, "ftyp"u8)),
        new(MessageKinds.Video, "video/3gpp", 16 * Mebibyte, head => Has(head, 4, "ftyp"u8)),
        new(MessageKinds.Audio, "audio/aac", 16 * Mebibyte, head => Has(head, 0, "ADIF"u8) || IsFrame(head, mask: 0xF6, value: 0xF0)),
        new(MessageKinds.Audio, "audio/amr", 16 * Mebibyte, head => Has(head, 0, "#!AMR"u8)),
        new(MessageKinds.Audio, "audio/mpeg", 16 * Mebibyte, head => Has(head, 0, "ID3"u8) || (IsFrame(head, mask: 0xE0, value: 0xE0) && !IsFrame(head, mask: 0x06, value: 0x00))),
        new(MessageKinds.Audio, "audio/mp4", 16 * Mebibyte, head => Has(head, 4, "ftyp"u8)),
        new(MessageKinds.Audio, "audio/ogg", 16 * Mebibyte, IsMonoOpus),
        new(MessageKinds.Document, "text/plain", LargestBytes, head => !head.Span.Contains((byte)0)),
        new(MessageKinds.Document, "application/pdf", LargestBytes, head => Has(head, 0, "%PDF-"u8)),
        .. OldOffice("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        .. NewOffice("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation"),
    ];

    /// <summary>Null for a type that WhatsApp does not take. Parameters (<c>; codecs=opus</c>) do not matter.</summary>
    public static MediaType? Find(string? contentType)
    {
        var bare = contentType?.Split(';')[0].Trim().ToLowerInvariant();
        return Array.Find(_all, type => type.MimeType == bare);
    }

    public static IEnumerable<string> MimeTypesOf(string kind) => _all.Where(type => type.Kind == kind).Select(type => type.MimeType);

    /// <summary>A sticker that stands still may only have a fifth of the size of one that moves.</summary>
    public long BytesMaxFor(ReadOnlyMemory<byte> head) =>
        Kind == MessageKinds.Sticker && !IsAnimated(head.Span) ? StaticStickerBytesMax : BytesMax;

    // Byte 20 of an extended WebP holds its flags: https://developers.google.com/speed/webp/docs/riff_container
    private static bool IsAnimated(ReadOnlySpan<byte> head) => head.Length > 20 && head[12..16].SequenceEqual("VP8X"u8) && (head[20] & 0x02) != 0;

    // The first page: 27 bytes, one length, then "OpusHead", a version and the number of channels.
    private static bool IsMonoOpus(ReadOnlyMemory<byte> head) =>
        Has(head, 0, "OggS"u8) && Has(head, 28, "OpusHead"u8) && head.Length > 37 && head.Span[37] == 1;

    private static bool IsFrame(ReadOnlyMemory<byte> head, int mask, int value) =>
        head.Length > 1 && head.Span[0] == 0xFF && (head.Span[1] & mask) == value;

    private static bool Has(ReadOnlyMemory<byte> head, int at, ReadOnlySpan<byte> bytes) =>
        head.Length >= at + bytes.Length && head.Span.Slice(at, bytes.Length).SequenceEqual(bytes);

    private static IEnumerable<MediaType> OldOffice(params string[] mimeTypes) =>
        mimeTypes.Select(mimeType => new MediaType(MessageKinds.Document, mimeType, LargestBytes, head => Has(head, 0, _oldOffice)));

    private static IEnumerable<MediaType> NewOffice(params string[] names) =>
        names.Select(name => new MediaType(MessageKinds.Document, Office + name, LargestBytes, head => Has(head, 0, "PK\u0003\u0004"u8)));
}
