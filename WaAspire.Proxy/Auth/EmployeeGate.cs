using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Auth;

/// <summary>Lets an employee in: token first, then role.</summary>
internal sealed class EmployeeGate(IdTokenVerifier verifier, StaffDirectory staff)
{
    // Shipped clients and the old system agree on this spelling, the case included.
    private const string Scheme = "Bearer ";

    public async Task<Admission> AdmitAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.Ordinal) || header.AsSpan(Scheme.Length).IsWhiteSpace())
            return new Admission.Denied(Refusal.MissingToken);
        if (await verifier.VerifyAsync(header[Scheme.Length..].Trim(), cancellationToken) is not { } caller)
            return new Admission.Denied(Refusal.BadToken);
        return await staff.IsEmployeeAsync(caller, cancellationToken)
            ? new Admission.Granted(caller)
            : new Admission.Denied(Refusal.EmployeeOnly);
    }
}

/// <summary>A closed set: in, or out and why.</summary>
internal abstract record Admission
{
    private Admission()
    {
    }

    public sealed record Granted(Caller Caller) : Admission;

    public sealed record Denied(Refusal Refusal) : Admission;
}
