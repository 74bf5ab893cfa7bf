namespace WaAspire.LocalHosting.Model;

/// <summary>Aspire's rule ASPIRE006 for names of resources and endpoints; its analyzer is not here, so the rule acts at run time.</summary>
internal static class ModelNames
{
    private const int MaxLength = 64;

    public static void Require(string name, string kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var fault = FaultOf(name);
        if (fault is not null)
            throw new ArgumentException($"{kind} name '{name}' is invalid: {fault}.", nameof(name));
    }

    private static string? FaultOf(string name) => name switch
    {
        { Length: > MaxLength } => $"it has more than {MaxLength} characters",
        _ when !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') => "only ASCII letters, digits and hyphens are allowed",
        _ when !char.IsAsciiLetter(name[0]) => "it must start with a letter",
        _ when name.EndsWith('-') => "it must not end with a hyphen",
        _ when name.Contains("--", StringComparison.Ordinal) => "it must not contain two hyphens in a row",
        _ => null,
    };
}
