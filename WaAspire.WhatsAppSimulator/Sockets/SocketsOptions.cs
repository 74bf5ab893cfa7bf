using System.ComponentModel.DataAnnotations;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>Section <c>Sockets</c>: accounts that are paired by QR code, which live in the socket stand-in.</summary>
internal sealed class SocketsOptions
{
    /// <summary>Where the stand-in takes its switches. Default none: there are no such accounts here.</summary>
    public Uri? Url { get; init; }

    /// <summary>Default 300 ms between two looks. Longer: bubbles come later. Shorter: more work for nothing.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Who has the phone that writes first, once an account is linked.</summary>
    [Required]
    public string FirstContact { get; init; } = "40700000021";

    [Required]
    public string FirstName { get; init; } = "Elena";
}
