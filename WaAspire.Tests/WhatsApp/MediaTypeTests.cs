using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.WhatsApp;

public sealed class MediaTypeTests
{
    public static TheoryData<string> MimeTypes() => [.. MediaFiles.Heads.Keys];

    [Theory]
    [MemberData(nameof(MimeTypes))]
    public void a_file_is_known_by_its_first_bytes(string mimeType)
    {
        var type = MediaType.Find(mimeType)!;

        Assert.True(type.IsLike(MediaFiles.Heads[mimeType]));
        Assert.False(type.IsLike("\0\0\0\0\0\0\0\0"u8.ToArray()));
    }

    [Theory]
    [MemberData(nameof(MimeTypes))]
    public void a_file_of_another_kind_is_not_taken_for_it(string mimeType)
    {
        var type = MediaType.Find(mimeType)!;
        var others = MediaFiles.Heads.Where(other => MediaType.Find(other.Key)!.Kind != type.Kind && mimeType != "text/plain" && !SharesItsContainer(mimeType, other.Key));

        Assert.All(others, other => Assert.False(type.IsLike(other.Value), other.Key));
    }

    [Theory]
    [InlineData("image/gif")]
    [InlineData("image/svg+xml")]
    [InlineData("application/octet-stream")]
    [InlineData("")]
    [InlineData(null)]
    public void what_whatsapp_does_not_take_is_not_known(string? mimeType) => Assert.Null(MediaType.Find(mimeType));

    [Fact]
    public void case_and_parameters_do_not_matter() => Assert.Equal("audio/ogg", MediaType.Find("Audio/OGG; codecs=opus")!.MimeType);

    [Fact]
    public void a_voice_in_stereo_is_not_taken()
    {
        var stereo = (byte[])MediaFiles.Heads["audio/ogg"].Clone();
        stereo[37] = 2;

        Assert.False(MediaType.Find("audio/ogg")!.IsLike(stereo));
    }

    [Fact]
    public void a_sticker_that_moves_may_be_larger()
    {
        var sticker = MediaType.Find("image/webp")!;

        Assert.Equal((100 << 10, 500 << 10), (sticker.BytesMaxFor(MediaFiles.Heads["image/webp"]), sticker.BytesMaxFor(MediaFiles.AnimatedSticker)));
        Assert.True(sticker.IsLike(MediaFiles.AnimatedSticker));
    }

    // MP4 holds sound or pictures alike; only what is inside tells.
    private static bool SharesItsContainer(string one, string other) => one.EndsWith("/mp4", StringComparison.Ordinal) || (one == "video/3gpp" && other == "audio/mp4");
}
