using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>Section <c>LinkedFiles</c>: files that a linked device sends, which are fetched here by their links.</summary>
public sealed class LinkedFileOptions
{
    public const string Section = "LinkedFiles";

    /// <summary>Largest file, 16 MiB by default: it is held whole, here and in the gateway. WhatsApp's own limit for its kind holds besides.</summary>
    [Range(1024, 18 * 1024 * 1024)]
    public int BytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>How long one file may take. Default 8 s: it comes out of the time that its send has.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:15")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Files that are fetched at once. Default 4.</summary>
    [Range(1, 64)]
    public int AtOnce { get; set; } = 4;

    /// <summary>Whether a link may lead into a private network, and be plain HTTP: for local runs. Default no: links are somebody else's words.</summary>
    public bool AllowPrivate { get; set; }
}
