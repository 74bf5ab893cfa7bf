using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Crash;

/// <summary>Every await between claim and record, read from the sources: one that is added tomorrow is on this list tomorrow.</summary>
public static partial class KillPointList
{
    private static readonly string[] _files =
    [
        "WaAspire.Worker/Sending/MessageSender.cs",
        "WaAspire.Worker/Sending/Claims.cs",
        "WaAspire.Worker/Sending/OutcomeRecorder.cs",
        "WaAspire.Worker/Providers/CloudApi/CloudApiProvider.cs",
    ];

    /// <summary><c>File.cs:line:started</c> and <c>File.cs:line:ended</c> for each.</summary>
    public static IReadOnlyList<string> All() =>
        [.. Lines(Point()).SelectMany(found => new[] { $"{found.File}:{found.Line}:started", $"{found.File}:{found.Line}:ended" })];

    /// <summary>Files whose awaits and kill points are not the same number.</summary>
    public static IReadOnlyList<string> Forgotten() =>
        [.. _files.Select(Path.GetFileName).Where(file => Lines(Await()).Count(found => found.File == file) != Lines(Point()).Count(found => found.File == file))!];

    private static IEnumerable<(string File, int Line)> Lines(Regex pattern) =>
        from file in _files
        from line in Shipped(File.ReadLines(Path.Combine(Artifacts.Root, file)))
        where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
        from _ in pattern.Matches(line.Text)
        select (Path.GetFileName(file), line.Number);

    /// <summary>Without what only a build with a deliberate bug has.</summary>
    private static IEnumerable<(string Text, int Number)> Shipped(IEnumerable<string> lines)
    {
        var isMutation = false;
        foreach (var line in lines.Select((text, index) => (Text: text, Number: index + 1)))
        {
            isMutation = line.Text.StartsWith('#') ? line.Text.Contains("if MUTATION_", StringComparison.Ordinal) : isMutation;
            if (!isMutation)
            {
                yield return line;
            }
        }
    }

    [GeneratedRegex(@"\.KillPoint\(\)")]
    private static partial Regex Point();

    [GeneratedRegex(@"\bawait\b")]
    private static partial Regex Await();
}
