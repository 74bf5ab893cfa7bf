namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// What one operation may spend. Who spends more is denied whatever the rest of the condition says, so the budget
/// remembers it: no <c>||</c> absorbs it.
/// </summary>
internal sealed class Budget
{
    public const int MaxCallDepth = 20;
    private const int MaxExpressions = 1000;
    private int _expressions;

    public string? Exceeded { get; private set; }

    public bool Spend()
    {
        if (++_expressions > MaxExpressions)
            Exceed($"more than {MaxExpressions} expressions");
        return Exceeded is null;
    }

    public void Exceed(string reason) => Exceeded ??= reason;
}
