using System.Text;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Rules;

/// <summary>One line of access.txt: what is tried, and what each role may do of it.</summary>
/// <param name="Text">The line up to its cells.</param>
public sealed record AccessRow(string Text, string Path, IReadOnlyList<string> Written, string Where, IReadOnlyDictionary<string, string> Cells);

/// <summary>access.txt, read; and what was found, written in the same form.</summary>
public sealed class AccessTable
{
    private readonly string[] _lines = File.ReadAllLines(System.IO.Path.Combine(EmulatorFixture.RepositoryRoot, "WaAspire.Tests", "Rules", "access.txt"));
    private readonly Dictionary<(string Row, string Role), string> _found = [];

    public AccessTable()
    {
        Roles = Cells(_lines.First(IsHeader));
        Rows = [.. _lines.Where(line => line.Length > 0 && line[0] != '#' && !IsHeader(line)).Select(Read)];
    }

    public IReadOnlyList<string> Roles { get; }

    public IReadOnlyList<AccessRow> Rows { get; }

    public void Found(AccessRow row, string role, string cell) => _found[(row.Text, role)] = cell;

    /// <summary>The whole table as found; a cell that was not tried is blank.</summary>
    public string Print()
    {
        var header = _lines.First(IsHeader);
        var print = new StringBuilder();
        foreach (var line in _lines)
        {
            var row = Rows.FirstOrDefault(row => line.StartsWith(row.Text, StringComparison.Ordinal));
            if (row is null)
            {
                print.AppendLine(line);
                continue;
            }

            print.Append(row.Text);
            foreach (var role in Roles)
            {
                print.Append(' ', Math.Max(0, header.IndexOf($" {role}", row.Text.Length - 1, StringComparison.Ordinal) + 1 - (print.Length - LineStart(print))));
                print.Append(_found.GetValueOrDefault((row.Text, role), ""));
            }

            print.AppendLine();
        }

        return print.ToString();
    }

    public void Save() => File.WriteAllText(System.IO.Path.Combine(Artifacts.Folder, "rules-table.txt"), Print());

    private static int LineStart(StringBuilder text)
    {
        var at = text.Length;
        while (at > 0 && text[at - 1] != '\n')
        {
            at--;
        }

        return at;
    }

    private static bool IsHeader(string line) => line.StartsWith("path ", StringComparison.Ordinal);

    private static string[] Cells(string line) => line.Split('|')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private AccessRow Read(string line)
    {
        var columns = line.Split('|');
        var cells = Roles.Zip(Cells(line)).ToDictionary(pair => pair.First, pair => pair.Second);
        return new(
            line[..(line.LastIndexOf('|') + 1)], columns[0].Trim(),
            columns[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), columns[2].Trim(), cells);
    }
}
