using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.Threads;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Alarms;
using WaAspire.Worker.Api;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Media;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Overview;
using WaAspire.Worker.Pacing;
using WaAspire.Worker.Providers.Baileys;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker;

/// <summary>The worker, put together. Loops stop in the reverse order: the lanes first, then what they lean on.</summary>
public static class WorkerHost
{
    private static readonly TimeSpan _afterDrain = TimeSpan.FromSeconds(10);

    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddFirestore();
        builder.AddRedisClient("redis");
        builder.AddWorker();

        var app = builder.Build();
        app.MapObservability();
        app.MapOperatorVerbs();
        app.MapMedia();
        app.MapReceivedMedia();
        app.MapAccountVerbs();
        app.MapAccounts();
        app.MapStatus();
        app.MapDefaultEndpoints();
        return app;
    }

    /// <summary>All parts but the web server, the store and Redis: a simulator brings its own of those.</summary>
    internal static IHostApplicationBuilder AddWorker(this IHostApplicationBuilder builder) =>
        builder.AddInbound().AddAccounts().AddLanes().AddPacing().AddCloudApi().AddSending().AddRecovery().AddDelivery().AddApi().AddObservability().AddOverview();

    private static IHostApplicationBuilder AddAccounts(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<AccountOptions>(AccountOptions.Section).Configure<IConfiguration>((options, configuration) =>
            options.Namespace = configuration["ACCOUNT_NAMESPACE"] is { Length: > 0 } space ? space : options.Namespace);
        builder.Services.TryAddSingleton(services => WorkerIdentity.From(services.GetRequiredService<IConfiguration>(), services.GetRequiredService<Random>()));
        builder.AddAccountPauses();
        builder.Services.TryAddSingleton<PairRequests>();
        builder.Services.TryAddSingleton<HistoryRequests>();
        builder.Services.TryAddSingleton<AccountDirectory>();
        builder.Services.TryAddSingleton<SendGate>();
        builder.Services.TryAddSingleton<NewContacts>();
        builder.Services.TryAddSingleton<FaultEffects>();
        builder.Services.TryAddSingleton<InstanceDirectory>();
        builder.Services.AddHostedService<DirectoryLoop>();
        builder.AddGateway();
        builder.AddLoop<AccountChanges>();
        builder.AddLoop<AccountLoop>();
        return builder;
    }

    /// <summary>Who holds which session, its keys, and the sockets. They end in the reverse order: leases, gateway, door.</summary>
    private static void AddGateway(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<OwnershipOptions>(OwnershipOptions.Section);
        builder.AddValidated<GatewayOptions>(GatewayOptions.Section).Configure<IConfiguration>((options, configuration) =>
            (options.WebSocketUrl, options.Settings) = (configuration["WA_WEB_SOCKET_URL"] ?? options.WebSocketUrl, configuration["GATEWAY_OPTIONS"] ?? options.Settings));
        builder.AddValidated<SessionKeyOptions>(SessionKeyOptions.Section).Configure<IConfiguration>((options, configuration) =>
            options.Keys = configuration["WA_SESSION_KEYS"] is { Length: > 0 } keys ? keys : options.Keys);
        builder.Services.TryAddSingleton<SessionKeyRing>();
        builder.Services.TryAddSingleton<SessionStore>();
        builder.AddValidated<LinkedFileOptions>(LinkedFileOptions.Section);
        builder.Services.TryAddSingleton<LinkedFiles>();
        builder.Services.TryAddSingleton<BaileysLetters>();
        builder.Services.TryAddSingleton<SentContent>();
        builder.Services.TryAddSingleton<SessionsApi>();
        builder.Services.TryAddSingleton<OwnedAccounts>();
        builder.Services.TryAddSingleton<LeaseStore>();
        builder.Services.TryAddSingleton<ReplacedAccounts>();
        builder.Services.TryAddSingleton<SessionHealth>();
        builder.Services.TryAddSingleton<FreeAccounts>();
        builder.Services.TryAddSingleton<SessionKeeper>();
        builder.Services.TryAddSingleton<LeavingDevices>();
        builder.Services.TryAddSingleton<AccountMirror>();
        builder.Services.TryAddSingleton<SessionStands>();
        builder.Services.TryAddSingleton<GatewayEvents>();
        builder.Services.TryAddSingleton<GatewayClient>();
        builder.Services.TryAddSingleton<ISessionGateway, SessionGateway>();
        builder.Services.AddSingleton<IProvider, BaileysProvider>();
        builder.AddLoop<GatewayDoor>();
        builder.AddLoop<GatewayLoop>();
        builder.AddLoop<OwnershipLoop>();
        builder.AddLoop<HistoryLoop>();
    }

    private static IHostApplicationBuilder AddLanes(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<LaneOptions>(LaneOptions.Section);
        builder.Services.TryAddSingleton<RedisLanes>();
        builder.Services.TryAddSingleton<ILanes>(services => services.GetRequiredService<ResilientLanes>());
        builder.Services.TryAddSingleton<ILaneUnblocker>(services => services.GetRequiredService<ResilientLanes>());
        builder.Services.TryAddSingleton(services => new ResilientLanes(
            services.GetRequiredService<RedisLanes>(),
            lane => services.GetRequiredService<AccountDirectory>().Find(lane.AccountId) is { Provider: not AccountFields.CloudApi }
                ? services.GetRequiredService<OwnedAccounts>().Find(lane.AccountId) is not null
                : services.GetRequiredService<InstanceDirectory>().IsMine(lane),
            services.GetRequiredService<IOptions<LaneOptions>>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ResilientLanes>>()));
        return builder;
    }

    private static IHostApplicationBuilder AddPacing(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<PacingOptions>(PacingOptions.Section);
        builder.Services.TryAddSingleton<RedisPacing>();
        builder.Services.TryAddSingleton(services => new LocalPacing(
            () => 1d / services.GetRequiredService<InstanceDirectory>().Living.Count,
            services.GetRequiredService<IOptions<PacingOptions>>(),
            services.GetRequiredService<Random>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton<IPacing, ResilientPacing>();
        return builder;
    }

    private static IHostApplicationBuilder AddCloudApi(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<CloudApiOptions>("CloudApi").Configure<IConfiguration>((options, configuration) =>
        {
            options.BaseUrl = (configuration["WHATSAPP_GRAPH_BASE_URL"] is { Length: > 0 } url ? url : options.BaseUrl).TrimEnd('/');
            options.AccessToken = (configuration["WHATSAPP_ACCESS_TOKEN"] ?? options.AccessToken)?.Trim();
        });
        builder.Services.TryAddSingleton<AccessTokens>();
        builder.Services.AddSingleton(services => new NumberCheck(
            GraphClient.Create(services.GetRequiredService<IOptions<CloudApiOptions>>().Value),
            services.GetRequiredService<IOptions<CloudApiOptions>>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IProvider>(services => new CloudApiProvider(
            GraphClient.Create(services.GetRequiredService<IOptions<CloudApiOptions>>().Value),
            services.GetRequiredService<IOptions<CloudApiOptions>>(),
            services.GetRequiredService<AccessTokens>(),
            services.GetRequiredService<IOptions<SendingOptions>>(),
            services.GetRequiredService<Random>(),
            services.GetRequiredService<TimeProvider>()));
        // A client of its own: a large file keeps no message waiting for a connection.
        builder.Services.AddSingleton(services => new CloudApiMedia(
            GraphClient.Create(services.GetRequiredService<IOptions<CloudApiOptions>>().Value),
            services.GetRequiredService<IOptions<CloudApiOptions>>(),
            services.GetRequiredService<AccessTokens>(),
            services.GetRequiredService<TimeProvider>()));
        return builder;
    }

    private static IHostApplicationBuilder AddSending(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<SendingOptions>(SendingOptions.Section);
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<SendingOptions>>((host, sending) => host.ShutdownTimeout = sending.Value.DrainTimeout + _afterDrain);
        builder.Services.TryAddSingleton<LaneHeads>();
        builder.Services.TryAddSingleton<Claims>();
        builder.Services.TryAddSingleton<LateClaims>();
        builder.Services.TryAddSingleton<OutcomeRecorder>();
        builder.Services.TryAddSingleton<MessageSender>();
        builder.AddLoop<HeldLaneKeeper>();
        builder.AddLoop<Adoption>();
        builder.AddLoop<SweepLoop>();
        builder.AddLoop<LaneLoop>();
        return builder;
    }

    private static IHostApplicationBuilder AddRecovery(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<RecoveryOptions>(RecoveryOptions.Section);
        builder.Services.TryAddSingleton<RescueExpiredClaim>();
        builder.Services.TryAddSingleton<DoubtPolicy>();
        builder.Services.TryAddSingleton<ExpireOverdue>();
        builder.Services.TryAddSingleton<StaleBacklog>();
        builder.Services.TryAddSingleton<StuckHead>();
        builder.Services.TryAddSingleton<LegacyMessages>();
        builder.Services.TryAddSingleton<UndeliveredMessages>();
        builder.Services.TryAddSingleton<OperatorVerbs>();
        builder.Services.TryAddSingleton<DeadLetters>();
        builder.Services.TryAddSingleton<ReplayMany>();
        builder.Services.TryAddSingleton<FailBacklog>();
        builder.Services.TryAddSingleton<OldDeadLetters>();
        return builder;
    }

    private static IHostApplicationBuilder AddDelivery(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<DeliveryOptions>(DeliveryOptions.Section);
        builder.Services.AddSingleton<IMessageHistory>(services => new MessageHistory(
            GraphClient.Create(services.GetRequiredService<IOptions<CloudApiOptions>>().Value),
            services.GetRequiredService<IOptions<CloudApiOptions>>(),
            services.GetRequiredService<AccessTokens>(),
            services.GetRequiredService<IOptions<SendingOptions>>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton<SentMessages>();
        builder.Services.TryAddSingleton<StatusRepair>();
        builder.AddLoop<DeliveryWatch>();
        return builder;
    }

    /// <summary>What the proxy and other servers of ours ask a worker for.</summary>
    private static IHostApplicationBuilder AddApi(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<SendOptions>(SendOptions.Section);
        builder.Services.TryAddSingleton<ThreadPredecessors>();
        builder.Services.TryAddSingleton<EnqueueStore>();
        builder.Services.TryAddSingleton<ConversationReader>();
        builder.Services.TryAddSingleton<AccountCatalog>();
        builder.Services.TryAddSingleton<AccountChange>();
        builder.Services.TryAddSingleton<AccountRegister>();
        builder.Services.TryAddSingleton<AccountWishes>();
        return builder;
    }

    private static IHostApplicationBuilder AddObservability(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<ObservabilityOptions>(ObservabilityOptions.Section);
        builder.Services.TryAddSingleton<WorkerMetrics>();
        builder.Services.TryAddSingleton<LoopPulse>();
        builder.Services.TryAddSingleton<WorkerBoot>();
        builder.Services.TryAddSingleton<OutboxFiguresReader>();
        builder.Services.TryAddSingleton<FleetFiguresReader>();
        builder.AddLoop<FleetGauges>();
        builder.AddLoop<WorkerGauges>();
        builder.AddValidated<AlarmOptions>(AlarmOptions.Section);
        builder.Services.TryAddSingleton<WorkerSigns>();
        builder.Services.TryAddSingleton<AlarmBoard>();
        builder.Services.TryAddSingleton<AlarmWebhook>();
        builder.AddLoop<AlarmLoop>();
        return builder;
    }

    private static IHostApplicationBuilder AddOverview(this IHostApplicationBuilder builder)
    {
        builder.AddValidated<OverviewOptions>(OverviewOptions.Section);
        builder.Services.TryAddSingleton<AccountActivity>();
        builder.Services.TryAddSingleton<WaitingMessages>();
        builder.Services.TryAddSingleton<OverviewReader>();
        return builder;
    }

    /// <summary>A loop that others also talk to: one instance, registered as both.</summary>
    private static void AddLoop<TLoop>(this IHostApplicationBuilder builder)
        where TLoop : class, IHostedService
    {
        builder.Services.TryAddSingleton<TLoop>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TLoop>());
    }

    private static OptionsBuilder<TOptions> AddValidated<TOptions>(this IHostApplicationBuilder builder, string section)
        where TOptions : class =>
        builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
