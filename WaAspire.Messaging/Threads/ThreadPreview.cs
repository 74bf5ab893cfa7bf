using System.Text.RegularExpressions;

namespace WaAspire.Messaging.Threads;

/// <summary>The line that the list of conversations shows: whitespace collapsed, at most 100 characters, or the contract's placeholder.</summary>
public static partial class ThreadPreview
{
    public const string Reaction = "[Reaction]";
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
        text is not null && Of(text) is { Length: > 0 } line ? line : Placeholder(messageType);

    private static string Placeholder(string messageType) => messageType switch
    {
        "image" => "[Image]",
        "video" => "[Video]",
        "audio" => "[Audio]",
        "document" => "[Document]",
        "sticker" => "[Sticker]",
        "reaction" => Reaction,
        "contacts" => "[Contact]",
        "location" => "[Location]",
        "poll" => "[Poll]",
        _ => "[Message]",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
