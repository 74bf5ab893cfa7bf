namespace WaAspire.Proxy.Auth;

/// <summary>Who a valid ID token speaks for. It prints its uid only.</summary>
internal sealed record Caller(string Uid, string? Email, bool EmailVerified)
{
    public override string ToString() => Uid;
}
