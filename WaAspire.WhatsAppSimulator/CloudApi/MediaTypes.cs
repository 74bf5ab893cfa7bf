namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>Which files are taken, for which kind of message, and how large. Documented by Meta under "supported media types".</summary>
internal static class MediaTypes
{
    public const long LargestBytes = 100L << 20;

    private static readonly (string Type, long BytesMax, string[] MimeTypes)[] Table =
    [
        ("image", 5L << 20, ["image/jpeg", "image/png"]),
        ("video", 16L << 20, ["video/mp4", "video/3gpp"]),
        ("audio", 16L << 20, ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"]),
        ("sticker", 500L << 10, ["image/webp"]),
        ("document", LargestBytes,
        [
            "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ]),
    ];

    public static IEnumerable<string> All => Table.SelectMany(row => row.MimeTypes);

    public static (string Type, long BytesMax)? Find(string? mimeType) =>
        Table.Where(row => row.MimeTypes.Contains(mimeType, StringComparer.OrdinalIgnoreCase))
            .Select(row => ((string, long)?)(row.Type, row.BytesMax))
            .FirstOrDefault();
}
