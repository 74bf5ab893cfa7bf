using System.Net;
using System.Text.Encodings.Web;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Faults;
using WaAspire.WhatsAppSimulator.Phone;
using WaAspire.WhatsAppSimulator.Sockets;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator;

/// <summary>
/// Meta's Cloud API as one local process: what enters are Graph requests and replies typed on the phone page;
/// what leaves are Meta's answers and signed webhooks. Everything is in memory and bounded: if the process dies,
/// its chats, its log and its unsent webhooks are gone, which no caller may rely on.
/// </summary>
public static class SimulatorHost
{
    private const int DefaultPort = 5010;
    private const int BodyBytesMax = 1024 * 1024;
    private const int ConnectionsMax = 10_000;

    public static WebApplication Create(string[] args) => Create(args, configure: null);

    /// <param name="args">Command line; <c>--port 0</c> takes any free port.</param>
    /// <param name="configure">Last word of a test on configuration and services (clock, log).</param>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure)
    {
        // The content root is the program's own folder: the settings of whoever starts us are not ours.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        configure?.Invoke(builder);
        Listen(builder);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // Requests that a fault keeps hanging must not keep the process alive.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            // A body that lacks what a handler needs is the caller's 400, not our 500.
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.RespectNullableAnnotations = true;
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(SimulatorSecrets.Read(builder.Configuration));
        builder.Services.AddOptions<SimulatorOptions>().BindConfiguration("Simulator").ValidateDataAnnotations().ValidateOnStart();
        builder.AddFaults().AddPhone().AddWebhooks().AddCloudApi().AddSockets();

        var app = builder.Build();
        app.Services.GetRequiredService<SimulatorSecrets>().LogWhatIsMissing(app.Logger);
        app.MapGet("/health", () => TypedResults.Ok(new { status = "healthy" }));
        app.MapFaults();
        app.MapPhone();
        app.MapWebhooks();
        app.MapCloudApi();
        app.MapSockets();
        return app;
    }

    // "port" also reads PORT of the environment: configuration keys know no case.
    private static void Listen(WebApplicationBuilder builder)
    {
        var port = builder.Configuration.GetValue<int?>("port");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            if (port is not null || builder.Configuration["urls"] is null)
                kestrel.Listen(IPAddress.Loopback, port ?? DefaultPort);
        });
    }
}
