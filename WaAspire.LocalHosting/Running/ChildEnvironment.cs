using System.Collections;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace WaAspire.LocalHosting.Running;

/// <summary>
/// Enters: our own environment, Aspire's conventions, the resource's callbacks; later wins. Leaves: the variables of one
/// replica. Launch profiles are not read: no service here has one.
/// </summary>
internal sealed class ChildEnvironment(
    DistributedApplicationExecutionContext execution, IHostEnvironment appHost, IConfiguration configuration)
{
    // These speak about the AppHost, not about its children.
    private static readonly HashSet<string> s_notInherited =
        ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ASPIRE_LOGLEVEL"];

    // Telemetry at once instead of in batches: somebody is looking.
    private static readonly (string Name, string Value)[] s_developmentTelemetry =
    [
        ("OTEL_BLRP_SCHEDULE_DELAY", "1000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based"),
    ];

    public async Task<Dictionary<string, string>> ForAsync(
        IResource resource, string instanceId, IReadOnlyList<(EndpointAnnotation Endpoint, int TargetPort)> ports, CancellationToken cancellationToken)
    {
        var variables = Inherited();
        if (resource is ProjectResource)
            AddProjectConventions(variables, resource.Name, instanceId, ports);
        foreach (var variable in resource.Annotations.OfType<TargetPortVariable>())
            variables[variable.Variable] = Text(ports.First(p => p.Endpoint.Name == variable.EndpointName).TargetPort);
        var context = new EnvironmentCallbackContext(execution, [], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            await annotation.Callback(context);
        foreach (var (name, value) in context.EnvironmentVariables)
        {
            if (await TextAsync(value, cancellationToken) is { } text)
                variables[name] = text;
        }

        return variables;
    }

    public static async Task<string?> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static Dictionary<string, string> Inherited() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(e => !s_notInherited.Contains((string)e.Key))
        .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");

    private void AddProjectConventions(
        Dictionary<string, string> variables, string name, string instanceId, IReadOnlyList<(EndpointAnnotation Endpoint, int TargetPort)> ports)
    {
        variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
        variables["OTEL_SERVICE_NAME"] = name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instanceId}";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        AddCollector(variables);
        if (appHost.IsDevelopment())
        {
            foreach (var (key, value) in s_developmentTelemetry)
                variables[key] = value;
        }

        var urls = ports.Where(p => p.Endpoint.UriScheme is "http" or "https")
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Endpoint.UriScheme}://localhost:{p.TargetPort}"));
        if (string.Join(';', urls) is { Length: > 0 } listen)
            variables["ASPNETCORE_URLS"] = listen;
    }

    // No collector configured, no endpoint given: a child must not retry into the void.
    private void AddCollector(Dictionary<string, string> variables)
    {
        var (grpc, http) = (configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"], configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"]);
        if ((grpc ?? http) is not { Length: > 0 } endpoint)
            return;
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = grpc is null ? "http/protobuf" : "grpc";
        if (configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key)
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
