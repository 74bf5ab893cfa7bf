using System.Text.RegularExpressions;

namespace WaAspire.LocalHosting.Watching;

/// <summary>Prints the children's lines: prefix, one colour per resource; plain when the output is no terminal or NO_COLOR is set.</summary>
internal sealed partial class ConsoleLogWriter
{
    private const string Reset = "\u001b[0m";

    // Cyan, yellow, green, magenta, blue and their bright kin. Red is left to errors.
    private static readonly string[] s_palette = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"];

    private readonly TextWriter _output;
    private readonly bool _colored;
    private readonly int _width;

    public ConsoleLogWriter(TextWriter output, IEnumerable<string> names, bool colored)
    {
        (_output, _colored) = (TextWriter.Synchronized(output), colored);
        _width = names.Select(n => n.Length).DefaultIfEmpty(0).Max();
    }

    public static bool TerminalHasColors =>
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Index is the resource's place in the model: replicas share a colour.</summary>
    public void Write(string name, int index, string line)
    {
        var prefix = $"{name.PadRight(_width)} | ";
        _output.WriteLine(_colored ? $"\u001b[{s_palette[index % s_palette.Length]}m{prefix}{Reset}{line}" : prefix + EscapeSequence().Replace(line, ""));
    }

    // Children are told to colour even into a pipe, because the pipe is ours; a file wants none of it.
    [GeneratedRegex("\u001b\\[[0-9;]*[A-Za-z]")]
    private static partial Regex EscapeSequence();
}
