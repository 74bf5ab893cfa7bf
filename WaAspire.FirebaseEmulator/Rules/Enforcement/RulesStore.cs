using System.Collections.Concurrent;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Rules.Language;

namespace WaAspire.FirebaseEmulator.Rules.Enforcement;

/// <summary>The rules in force: those that a project was given at run time, else those of the start, else none, which leaves everything open.</summary>
internal sealed class RulesStore(Ruleset? atStart)
{
    private const int MaxProjects = 1000;
    private readonly ConcurrentDictionary<string, Ruleset> _byProject = new(StringComparer.Ordinal);

    /// <summary>A file that is not there or cannot be judged stops the start.</summary>
    public static RulesStore Load(string? file) =>
        new(string.IsNullOrEmpty(file) ? null : new Ruleset(RulesParser.Parse(file, File.ReadAllText(file))));

    public Ruleset? Of(string project) => _byProject.GetValueOrDefault(project) ?? atStart;

    public void Replace(string project, Ruleset rules)
    {
        if (_byProject.Count >= MaxProjects && !_byProject.ContainsKey(project))
            throw new RpcException(RpcCode.ResourceExhausted, $"At most {MaxProjects} projects have rules of their own.");
        _byProject[project] = rules;
    }
}
