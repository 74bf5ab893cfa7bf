using System.Text.RegularExpressions;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Threads;

/// <summary>The line that the list of conversations shows: whitespace collapsed, at most 100 characters, or the contract's placeholder.</summary>
public static partial class ThreadPreview
{
    private const int LengthMax = 100;

    public static string Of(string text)
    {
        var line = Whitespace().Replace(text, " ").Trim();
        if (line.Length <= LengthMax)
        {
            return line;
        }

        // Half an emoji is not text.
        return line[..(char.IsHighSurrogate(line[LengthMax - 1]) ? LengthMax - 1 : LengthMax)];
    }

    /// <summary>The words of a message where it has some, else what stands for its kind.</summary>
    public static string Of(string messageType, string? text) =>
        text is not null && Of(text) is { Length: > 0 } line ? line : MessageKinds.Placeholder(messageType);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
