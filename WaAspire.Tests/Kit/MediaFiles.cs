using System.Net.Http.Headers;
using System.Text;

namespace WaAspire.Tests.Kit;

/// <summary>Small files that begin as files of their type do.</summary>
public static class MediaFiles
{
    /// <summary>By media type: the first bytes.</summary>
    public static IReadOnlyDictionary<string, byte[]> Heads { get; } = new Dictionary<string, byte[]>
    {
        ["image/jpeg"] = [0xFF, 0xD8, 0xFF, 0xE0],
        ["image/png"] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
        ["image/webp"] = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8 "u8],
        ["video/mp4"] = [0, 0, 0, 0x18, .. "ftypmp42"u8],
        ["video/3gpp"] = [0, 0, 0, 0x18, .. "ftyp3gp4"u8],
        ["audio/aac"] = [0xFF, 0xF1, 0x50, 0x80],
        ["audio/amr"] = [.. "#!AMR\n"u8],
        ["audio/mpeg"] = [.. "ID3"u8, 4],
        ["audio/mp4"] = [0, 0, 0, 0x18, .. "ftypM4A "u8],
        ["audio/ogg"] = [.. "OggS"u8, .. new byte[24], .. "OpusHead"u8, 1, 1],
        ["text/plain"] = [.. "Bună ziua"u8],
        ["application/pdf"] = [.. "%PDF-1.7"u8],
        ["application/msword"] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
        ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] = [.. "PK"u8, 3, 4],
    };

    public static byte[] AnimatedSticker { get; } = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0x02];

    public static byte[] Of(string mimeType, int size = 100)
    {
        var bytes = new byte[Math.Max(size, Heads[mimeType].Length)];
        Array.Fill(bytes, (byte)'x');
        Heads[mimeType].CopyTo(bytes, 0);
        return bytes;
    }

    public static ByteArrayContent Body(string mimeType, byte[]? bytes = null)
    {
        var content = new ByteArrayContent(bytes ?? Of(mimeType));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mimeType);
        return content;
    }

    /// <summary>A form as a browser sends it.</summary>
    public static MultipartFormDataContent Form(string mimeType, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent("a-boundary");
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value, Encoding.UTF8), name);
        form.Add(Body(mimeType), "file", "a file.bin");
        return form;
    }
}
