using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Auth;

/// <summary><c>GET /whatsappWhoAmI</c>: what the proxy makes of a token. For whoever is signed in, about himself.</summary>
internal static class WhoAmIApi
{
    public static IEndpointRouteBuilder MapWhoAmI(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/whatsappWhoAmI", AnswerAsync);
        return routes;
    }

    private static async Task<IResult> AnswerAsync(HttpRequest http, EmployeeGate gate, StaffDirectory staff, CancellationToken cancellationToken)
    {
        switch (await gate.IdentifyAsync(http, cancellationToken))
        {
            case Admission.Denied denied:
                return denied.Refusal;
            case Admission.Granted { Caller: var caller }:
                var profile = await staff.ProfileAsync(caller, cancellationToken);
                return Results.Json(new
                {
                    uid = caller.Uid,
                    email = caller.Email,
                    isAdmin = staff.IsListed(caller),
                    isEmployee = profile is not null,
                    claimsKeys = caller.ClaimNames,
                    staffProfileExists = profile is not null,
                    staffProfileRole = profile?.Text("role"),
                });
            default:
                throw new InvalidOperationException("An admission of an unknown kind.");
        }
    }
}
