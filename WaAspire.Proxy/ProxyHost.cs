using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.Threads;
using WaAspire.Proxy.Accounts;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Cancel;
using WaAspire.Proxy.Envelope;
using WaAspire.Proxy.Health;
using WaAspire.Proxy.Media;
using WaAspire.Proxy.Operations;
using WaAspire.Proxy.Operations.Live;
using WaAspire.Proxy.Send;
using WaAspire.Proxy.Threads;
using WaAspire.Proxy.Webhooks;

namespace WaAspire.Proxy;

/// <summary>
/// The public face, put together. A request passes correlation, cross-origin and envelope, then one station. It keeps no
/// state that matters: if it dies, what was answered with success is in Firestore, and the rest is asked again.
/// </summary>
public static class ProxyHost
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (builder.Configuration["PORT"] is { Length: > 0 } port && string.IsNullOrEmpty(builder.Configuration["urls"]))
            builder.WebHost.UseUrls($"http://*:{port}");
        builder.AddServiceDefaults();
        builder.AddFirestore();
        builder.AddRedisClient("redis");
        builder.AddAuth().AddSend().AddMedia().AddWebhooks().AddOperations().AddAccounts();
        builder.Services.TryAddSingleton<ProxyMetrics>();

        var app = builder.Build();
        app.UseMiddleware<IntakeWatch>();
        app.UseMiddleware<CorrelationMiddleware>();
        app.UseMiddleware<CrossOriginMiddleware>();
        app.UseMiddleware<EnvelopeMiddleware>();
        app.UseOperationsPage();
        // Named here, so that routing runs inside the envelope and not around it.
        app.UseRouting();
        app.MapHealth();
        app.MapWebhooks();
        app.MapFunctions();
        app.MapOperations();
        app.MapOperationsPage();
        // Debug clients look for every function below the name of the project, as Google's local runtime has it.
        app.MapGroup($"/{app.Services.GetRequiredService<IOptions<FirebaseAuthOptions>>().Value.ProjectId}/us-central1").MapFunctions();
        app.MapDefaultEndpoints();
        return app;
    }

    private static void MapFunctions(this IEndpointRouteBuilder routes) =>
        routes.MapSend().MapCancel().MapMedia().MapThreads().MapThreadList().MapAccounts().MapWhoAmI();

    private static WebApplicationBuilder AddAuth(this WebApplicationBuilder builder)
    {
        builder.AddValidated<FirebaseAuthOptions>(FirebaseAuthOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadFirebaseNames(configuration));
        builder.AddValidated<StaffOptions>(StaffOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadNames(configuration));
        builder.Services.TryAddSingleton<FirebaseKeys>();
        builder.Services.TryAddSingleton<IdTokenVerifier>();
        builder.Services.TryAddSingleton<StaffDirectory>();
        builder.Services.TryAddSingleton<EmployeeGate>();
        return builder;
    }

    private static WebApplicationBuilder AddSend(this WebApplicationBuilder builder)
    {
        builder.AddValidated<SendOptions>(SendOptions.Section);
        builder.AddValidated<LaneOptions>(LaneOptions.Section);
        builder.Services.TryAddSingleton<ILanes, RedisLanes>();
        builder.Services.TryAddSingleton(services => new Lazy<ILanes>(services.GetRequiredService<ILanes>));
        builder.Services.TryAddSingleton<ThreadPredecessors>();
        builder.Services.TryAddSingleton<EnqueueStore>();
        builder.Services.TryAddSingleton<CancelStore>();
        builder.Services.TryAddSingleton<LaneBell>();
        builder.Services.TryAddSingleton<ILaneUnblocker>(services => services.GetRequiredService<LaneBell>());
        builder.Services.AddHostedService(services => services.GetRequiredService<LaneBell>());
        return builder;
    }

    private static WebApplicationBuilder AddMedia(this WebApplicationBuilder builder)
    {
        builder.AddValidated<MediaOptions>(MediaOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadNames(configuration));
        builder.Services.TryAddSingleton<WorkerMedia>();
        return builder;
    }

    private static WebApplicationBuilder AddWebhooks(this WebApplicationBuilder builder)
    {
        builder.AddValidated<WebhookOptions>(WebhookOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadNames(configuration));
        builder.AddInbound();
        builder.AddValidated<PacingOptions>(PacingOptions.Section);
        builder.AddAccountPauses();
        builder.AddValidated<IntakeOptions>(IntakeOptions.Section).Configure<IConfiguration>((options, configuration) =>
            options.OnUnknownOutcome = configuration.GetValue(IntakeOptions.PolicyName, options.OnUnknownOutcome));
        builder.Services.AddHostedService(services => services.GetRequiredService<IntakeEvidence>());
        builder.Services.TryAddSingleton<IntakeEvidence>();
        builder.Services.TryAddSingleton<InboundPace>();
        builder.Services.TryAddSingleton<ReportedFaults>();
        builder.Services.TryAddSingleton<UnreadCounts>();
        builder.Services.TryAddSingleton<AccountNumbers>();
        builder.Services.TryAddSingleton<WebhookIntake>();
        builder.Services.TryAddSingleton<WebhookGate>();
        return builder;
    }

    private static WebApplicationBuilder AddAccounts(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<AccountRelay>();
        builder.Services.TryAddSingleton<AdminOnlyAccounts>();
        builder.Services.TryAddSingleton<ConversationReader>();
        return builder;
    }

    private static WebApplicationBuilder AddOperations(this WebApplicationBuilder builder)
    {
        builder.AddValidated<OperationsOptions>(OperationsOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadNames(configuration));
        builder.Services.AddHttpClient(WorkerClient.ClientName)
            .ConfigureHttpClient((services, client) =>
                (client.MaxResponseContentBufferSize, client.Timeout) = (WorkerClient.ReplyBytesMax, services.GetRequiredService<IOptions<OperationsOptions>>().Value.WorkerTimeout))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
        builder.Services.TryAddSingleton<WorkerClient>();
        builder.Services.TryAddSingleton<AuditLog>();
        builder.Services.TryAddSingleton<Operator>();
        builder.AddValidated<SignInOptions>(SignInOptions.Section).Configure<IConfiguration>((options, configuration) => options.ReadNames(configuration));
        builder.AddValidated<LiveOptions>(LiveOptions.Section);
        builder.Services.TryAddSingleton<LiveListeners>();
        builder.Services.AddHostedService<LiveLoop>();
        return builder;
    }

    private static OptionsBuilder<TOptions> AddValidated<TOptions>(this WebApplicationBuilder builder, string section)
        where TOptions : class =>
        builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
