using System.Text.RegularExpressions;

namespace WaAspire.Messaging.Threads;

/// <summary>A message as a list of threads shows it: one line of at most 100 characters.</summary>
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

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
