using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// <c>PUT /internal/log-level {"category":"WaAspire.Worker.Sending","level":"Debug","forMinutes":15}</c> and <c>GET</c>, with
/// <c>X-Internal-Token</c> = <c>INTERNAL_TOKEN</c>: 200 {success, changes:[{category, level, until}]}, 400 <c>invalid_request</c>,
/// 401 <c>missing_internal_token</c>, 409 <c>too_many</c>. It concerns the one process that answers.
/// </summary>
public static class LogLevelApi
{
    private const int MinutesDefault = 15;
    private const int MinutesMax = 240;
    private const string TokenHeader = "X-Internal-Token";

    public static TBuilder AddLogLevels<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<LogLevels>();
        builder.Services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>());
        builder.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>());
        return builder;
    }

    public static IEndpointRouteBuilder MapLogLevels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/log-level").AddEndpointFilter(RequireTokenAsync);
        group.MapGet("", (LogLevels levels) => Show(levels));
        group.MapPut("", PutAsync);
        return routes;
    }

    private static async Task<IResult> PutAsync(HttpRequest http, LogLevels levels, CancellationToken cancellationToken)
    {
        LogLevelRequest? request;
        try
        {
            request = await http.ReadFromJsonAsync<LogLevelRequest>(cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or BadHttpRequestException)
        {
            request = null;
        }

        var minutes = request?.ForMinutes ?? MinutesDefault;
        if (!LogLevels.IsLawful(request?.Category) || !Enum.TryParse<LogLevel>(request?.Level, ignoreCase: true, out var level) || !Enum.IsDefined(level) || minutes is < 1 or > MinutesMax)
        {
            return Refuse(400, "invalid_request", $"Wanted: category {LogLevels.Ours} or below it, a level from Trace to None, forMinutes 1 to {MinutesMax}.");
        }

        return levels.Set(request!.Category!, level, TimeSpan.FromMinutes(minutes)) ? Show(levels) : Refuse(409, "too_many", $"{LogLevels.CountMax} categories are changed already.");
    }

    private static IResult Show(LogLevels levels) => Results.Json(new
    {
        success = true,
        changes = levels.Current.Select(change => new { category = change.Category, level = change.Level.ToString(), until = change.Until.UtcDateTime }),
    });

    private static async ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var expected = context.HttpContext.RequestServices.GetRequiredService<IConfiguration>()["INTERNAL_TOKEN"];
        return !string.IsNullOrEmpty(expected) && ObservabilityToken.IsSame(expected, context.HttpContext.Request.Headers[TokenHeader].ToString())
            ? await next(context)
            : Refuse(401, "missing_internal_token", $"{TokenHeader} is missing or wrong.");
    }

    private static IResult Refuse(int status, string error, string message) => Results.Json(new { success = false, error, message }, statusCode: status);

    private sealed record LogLevelRequest(string? Category, string? Level, int? ForMinutes);
}
