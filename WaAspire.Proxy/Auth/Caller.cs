namespace WaAspire.Proxy.Auth;

/// <summary>Who a valid ID token speaks for. It prints its uid only.</summary>
internal sealed record Caller(string Uid, string? Email, bool EmailVerified)
{
    /// <summary>The names of what the token claims, without the values.</summary>
    public IReadOnlyList<string> ClaimNames { get; init; } = [];

    /// <summary>Who it is does not depend on what else the token says.</summary>
    public bool Equals(Caller? other) => other is not null && (Uid, Email, EmailVerified) == (other.Uid, other.Email, other.EmailVerified);

    public override int GetHashCode() => HashCode.Combine(Uid, Email, EmailVerified);

    public override string ToString() => Uid;
}
