using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Auth;

/// <summary>Lets an employee in: token first, then role.</summary>
internal sealed class EmployeeGate(IdTokenVerifier verifier, StaffDirectory staff)
{
    // Shipped clients and the old system agree on this spelling, the case included.
    private const string Scheme = "Bearer ";

    public async Task<Admission> AdmitAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var identified = await IdentifyAsync(request, cancellationToken);
        return identified is Admission.Granted { Caller: var caller } && !await staff.IsEmployeeAsync(caller, cancellationToken)
            ? new Admission.Denied(Refusal.EmployeeOnly)
            : identified;
    }

    /// <summary>Lets only the super-admin in.</summary>
    public async Task<Admission> AdmitSuperAdminAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var identified = await IdentifyAsync(request, cancellationToken);
        return identified is Admission.Granted { Caller: var caller } && !staff.IsSuperAdmin(caller)
            ? new Admission.Denied(Refusal.SuperAdminOnly)
            : identified;
    }

    /// <summary>Lets in whoever is signed in.</summary>
    public async Task<Admission> IdentifyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.Ordinal) || header.AsSpan(Scheme.Length).IsWhiteSpace())
            return new Admission.Denied(Refusal.MissingToken);
        return await verifier.VerifyAsync(header[Scheme.Length..].Trim(), cancellationToken) is { } caller
            ? new Admission.Granted(caller)
            : new Admission.Denied(Refusal.BadToken);
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
