using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace WaAspire.ServiceDefaults;

/// <summary>
/// Endpoints that only show: open by default, as the operators' scripts know them; with <c>OBS_TOKEN</c> configured they
/// ask for it in <c>X-Internal-Token</c>, and answer 401 <c>{error}</c> without it.
/// </summary>
public static class ObservabilityToken
{
    private const string Header = "X-Internal-Token";

    public static TBuilder RequireObservabilityToken<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (context, next) =>
        {
            var expected = context.HttpContext.RequestServices.GetRequiredService<IConfiguration>()["OBS_TOKEN"];
            return string.IsNullOrEmpty(expected) || IsSame(expected, context.HttpContext.Request.Headers[Header].ToString())
                ? await next(context)
                : Results.Json(new { error = $"{Header} is missing or wrong." }, statusCode: StatusCodes.Status401Unauthorized);
        });

    /// <summary>In constant time.</summary>
    internal static bool IsSame(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
