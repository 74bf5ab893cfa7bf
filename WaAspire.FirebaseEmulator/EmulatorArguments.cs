namespace WaAspire.FirebaseEmulator;

/// <summary>
/// The short options of a bare start (<c>--port 8080 --rules firestore.rules</c>) as the configuration that the AppHost
/// sets by its long names. Each has a default, and an unknown one stops the start: a typing error is no default.
/// </summary>
internal static class EmulatorArguments
{
    public const int DefaultPort = 8080;

    private static readonly Dictionary<string, string> _short = new(StringComparer.Ordinal)
    {
        ["--port"] = "Port",
        ["--rules"] = "Firestore:RulesFile",
        ["--indexes"] = "Firestore:IndexesFile",
        ["--data-dir"] = "Storage:Directory",
        ["--seed"] = "Seed:File",
        ["--project"] = "FIREBASE_PROJECT_ID",
        ["--tokens"] = "Auth:Tokens",
    };

    public static string[] Expand(string[] args)
    {
        var expanded = new List<string>();
        for (var index = 0; index < args.Length; index++)
        {
            var (name, value) = args[index].Split('=', 2) is [var left, var right] ? (left, right) : (args[index], null);
            if (name == "--no-index-check")
            {
                expanded.AddRange(["--Firestore:IndexCheck", value ?? "false"]);
                continue;
            }

            if (!_short.TryGetValue(name, out var known))
                known = IsConfiguration(name) ? name[2..] : throw new StartException($"Unknown option {name}. Known: {Usage}");
            value ??= ++index < args.Length ? args[index] : throw new StartException($"The option {name} needs a value.");
            expanded.AddRange([$"--{known}", value]);
        }

        return [.. expanded];
    }

    private static string Usage => string.Join(' ', _short.Keys.Select(name => name + " …").Append("--no-index-check"));

    /// <summary>Anything of configuration may be given as well: <c>--Section:Key value</c>, <c>--urls …</c>, <c>--FIREBASE_PROJECT_ID …</c>.</summary>
    private static bool IsConfiguration(string name) =>
        name.StartsWith("--", StringComparison.Ordinal)
        && (name.Contains(':', StringComparison.Ordinal) || name is "--urls" || name[2..].All(letter => char.IsAsciiLetterUpper(letter) || letter == '_'));
}

/// <summary>Why the emulator does not start; <c>Program</c> prints the message and nothing else.</summary>
public sealed class StartException(string message) : Exception(message)
{
    /// <param name="line">Counted from one.</param>
    public static StartException In(string file, long line, string reason) => new($"{file}({line}): {reason}");
}
