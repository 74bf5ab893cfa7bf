using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using WaAspire.LocalHosting.Ports;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// Where the dashboard will be and by which keys it and we know each other. All is known before the first process starts, and
/// published under the names that Aspire gives it: from there Running/ChildEnvironment.cs tells every child.
/// </summary>
internal sealed record DashboardSettings(Uri Frontend, Uri OtlpGrpc, Uri OtlpHttp, int ResourceServicePort, string BrowserToken, string OtlpKey, string ApiKey, string ResourceKey)
{
    public string LoginUrl => $"{Frontend.GetLeftPart(UriPartial.Authority)}/login?t={BrowserToken}";

    public static DashboardSettings Make(IConfiguration configuration) => new(
        Wished(configuration["ASPNETCORE_URLS"]) ?? AtFreePort(),
        Wished(configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]) ?? AtFreePort(),
        Wished(configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"]) ?? AtFreePort(),
        PortAllocator.Take(),
        configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] is { Length: > 0 } token ? token : Key(),
        Key(), Key(), Key());

    public void Publish(IConfiguration configuration)
    {
        configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Text(OtlpGrpc);
        configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = Text(OtlpHttp);
        configuration["AppHost:OtlpApiKey"] = OtlpKey;
        configuration["AppHost:DashboardApiKey"] = ApiKey;
        configuration["AppHost:BrowserToken"] = BrowserToken;
    }

    /// <summary>Nothing of the AppHost's own but what a program needs to run at all.</summary>
    public Dictionary<string, string> Environment(string application)
    {
        var variables = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = Text(Frontend),
            ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Text(OtlpGrpc),
            ["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = Text(OtlpHttp),
            ["ASPIRE_DASHBOARD_TELEMETRY_OPTOUT"] = "true",
            ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{ResourceServicePort}"),
            ["DASHBOARD__APPLICATIONNAME"] = application,
            ["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken",
            ["DASHBOARD__FRONTEND__BROWSERTOKEN"] = BrowserToken,
            ["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey",
            ["DASHBOARD__OTLP__PRIMARYAPIKEY"] = OtlpKey,
            ["DASHBOARD__API__AUTHMODE"] = "ApiKey",
            ["DASHBOARD__API__PRIMARYAPIKEY"] = ApiKey,
            ["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "ApiKey",
            ["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = ResourceKey,
            // It ends with us also where no guard can end it.
            ["ASPIRE_CLI_PID"] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            // One reader does not need a heap for every core.
            ["DOTNET_gcServer"] = "0",
        };
        foreach (var name in new[] { "PATH", "HOME", "TMPDIR", "LANG" })
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value)
                variables[name] = value;
        }

        return variables;
    }

    // The first of a list, if nobody else has its port: an address that is taken is no reason to have no dashboard.
    private static Uri? Wished(string? urls) =>
        Uri.TryCreate(urls?.Split(';')[0], UriKind.Absolute, out var url) && Loopback.IsFree(url.Port) ? url : null;

    private static Uri AtFreePort() => new(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{PortAllocator.Take()}"));

    private static string Key() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
