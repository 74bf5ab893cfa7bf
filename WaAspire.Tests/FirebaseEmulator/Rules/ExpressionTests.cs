namespace WaAspire.Tests.FirebaseEmulator.Rules;

public sealed class ExpressionTests
{
    /// <summary>The lines of expressions.txt: an outcome, a bar, a condition.</summary>
    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        var about = "";
        foreach (var line in File.ReadLines(Path.Combine(EmulatorFixture.RepositoryRoot, "WaAspire.Tests", "FirebaseEmulator", "Rules", "expressions.txt")))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
                about = line[3..];
            else if (line.Length > 0 && line[0] != '#')
                cases.Add(about, line[(line.IndexOf('|', StringComparison.Ordinal) + 2)..], line.Split(' ')[0]);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void a_condition_is_true_false_or_an_error(string about, string condition, string outcome) =>
        Assert.True(outcome == Stage.Outcome(condition), $"{about}: {condition} is {Stage.Outcome(condition)}, not {outcome}");
}
