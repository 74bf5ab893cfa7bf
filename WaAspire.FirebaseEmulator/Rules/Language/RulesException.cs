namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>A place in a rules file, counted from 1.</summary>
internal readonly record struct Position(int Line, int Column);

/// <summary>A rules file that is malformed, or that this evaluator could not judge in full. Nothing of it is used.</summary>
internal sealed class RulesException(string file, Position at, string reason) : Exception($"{file}:{at.Line}:{at.Column}: {reason}")
{
    public string File => file;

    public Position At => at;

    public string Reason => reason;
}
