using System.Net;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Persistence;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules;
using WaAspire.FirebaseEmulator.Rules.Enforcement;
using WaAspire.FirebaseEmulator.Viewer;

namespace WaAspire.FirebaseEmulator;

/// <summary>
/// The local stand-in for Firestore and Firebase Auth. Every address that it listens on answers for both: a host
/// usually gives it two, because their clients expect one each. It keeps everything in memory, and on disk as well when
/// it has a data directory.
/// </summary>
/// <remarks>
/// Configuration: see README.md; the short options of a bare start are in <see cref="EmulatorArguments"/>.
/// </remarks>
public static class EmulatorHost
{
    private const string DefaultProject = "demo-waaspire";
    private const int DefaultHistoryVersions = 200_000;

    public static WebApplication Create(string[] args) => Create(args, TimeProvider.System);

    public static WebApplication Create(string[] args, TimeProvider time)
    {
        // The content root is the program's own folder: the settings of whoever starts us are not ours.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = EmulatorArguments.Expand(args), ContentRootPath = AppContext.BaseDirectory });
        // Request logs carry addresses, and addresses carry document names, which hold phone numbers.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        Listen(builder);
        builder.Services.AddSingleton(time);
        builder.Services.AddCors();
        AddStorage(builder);
        AddFirestore(builder);
        AddRules(builder);
        AddAuth(builder);
        AddOperations(builder);

        var app = builder.Build();
        app.Use(ForgiveHangUpAsync);
        // Web apps call Firebase straight from the browser, from any origin.
        app.UseCors(policy => policy.AllowAnyOrigin().AllowAnyHeader().AllowAnyMethod());
        app.Services.GetRequiredService<OperationsApi>().Map(app);
        app.Services.GetRequiredService<ViewerApi>().Map(app);
        app.Services.GetRequiredService<RulesApi>().Map(app);
        app.Services.GetRequiredService<FirestoreApi>().Map(app);
        app.Services.GetRequiredService<AuthApi>().Map(app);
        if (!app.Services.GetRequiredService<IndexCheck>().IsOn)
            app.Logger.NoIndexCheck();
        else if (string.IsNullOrEmpty(app.Configuration["Firestore:IndexesFile"]))
            app.Logger.NoIndexesFile();
        if (app.Configuration["Firestore:RulesFile"] is { Length: > 0 } rules)
            app.Logger.RulesInForce(rules);
        else
            app.Logger.NoRulesFile();
        // Nobody is served before it is done, and whoever creates the host learns why it cannot start.
        app.Services.GetRequiredService<Seed>().LoadOnceAsync(app.Configuration["Seed:File"]).GetAwaiter().GetResult();
        app.Services.GetRequiredService<StoredState>().Release();
        return app;
    }

    // "Port" also reads PORT of the environment: configuration keys know no case.
    private static void Listen(WebApplicationBuilder builder)
    {
        var port = builder.Configuration.GetValue<int?>("Port");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // One limit for all calls, told in Firestore's own words rather than by the server's 413.
            kestrel.Limits.MaxRequestBodySize = null;
            if (port is not null || builder.Configuration["urls"] is null)
                kestrel.Listen(IPAddress.Loopback, port ?? EmulatorArguments.DefaultPort);
        });
    }

    /// <summary>A caller that dies in the middle of its request is everyday life under chaos tests, and no error of ours.</summary>
    private static async Task ForgiveHangUpAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested && gone is OperationCanceledException or IOException)
        {
            context.Abort();
        }
    }

    private static void AddStorage(WebApplicationBuilder builder)
    {
        if (builder.Configuration["Storage:Directory"] is not { Length: > 0 } directory)
        {
            builder.Services.AddSingleton<IJournal, NoJournal>();
            builder.Services.AddSingleton(StoredState.Empty);
            return;
        }

        // Opened here, so that a directory in use stops the start before anything else begins.
        var store = SqliteStore.Open(directory);
        builder.Services.AddSingleton(store.Load());
        builder.Services.AddSingleton<IJournal>(services => new SqliteJournal(store, broken: failed =>
        {
            services.GetRequiredService<ILogger<SqliteJournal>>().JournalBroken(failed);
            services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        }));
    }

    private static void AddFirestore(WebApplicationBuilder builder)
    {
        var versions = builder.Configuration.GetValue("Firestore:HistoryVersions", DefaultHistoryVersions);
        var transactions = builder.Configuration.GetSection(TransactionOptions.Section).Get<TransactionOptions>() ?? new();
        transactions.Check();
        builder.Services.AddSingleton(services =>
        {
            var time = services.GetRequiredService<TimeProvider>();
            var commitTime = new ShiftedTime(time, services.GetRequiredService<Faults>());
            return new DatabaseSettings(
                time, commitTime, versions, transactions, services.GetRequiredService<IndexCatalog>(), services.GetRequiredService<IJournal>());
        });
        builder.Services.AddSingleton<Databases>();
        var file = builder.Configuration["Firestore:IndexesFile"];
        builder.Services.AddSingleton(string.IsNullOrEmpty(file) ? IndexCatalog.Automatic : IndexCatalog.Load(file));
        var check = builder.Configuration.GetValue("Firestore:IndexCheck", true);
        builder.Services.AddSingleton(services => new IndexCheck(services.GetRequiredService<IndexCatalog>(), check));
        builder.Services.AddSingleton<QueryCalls>();
        builder.Services.AddSingleton<ListCalls>();
        builder.Services.AddSingleton<FirestoreApi>();
    }

    /// <summary>Read at once: rules that cannot be judged must stop the start, not the first request.</summary>
    private static void AddRules(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(RulesStore.Load(builder.Configuration["Firestore:RulesFile"]));
        builder.Services.AddSingleton<RulesApi>();
    }

    private static void AddAuth(WebApplicationBuilder builder)
    {
        var project = builder.Configuration["FIREBASE_PROJECT_ID"] is { Length: > 0 } named ? named : DefaultProject;
        // Alone it stands for Google's emulators, whose tokens are unsigned; a host that gives addresses has verifiers.
        var form = builder.Configuration.GetValue("Auth:Tokens", builder.Configuration["urls"] is null ? TokenForm.Unsigned : TokenForm.Signed);
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<TokenSigner>(services, form));
        builder.Services.AddSingleton<IdTokens>();
        builder.Services.AddSingleton<AuthUsers>();
        builder.Services.AddSingleton<OobCodes>();
        builder.Services.AddSingleton<AuthAccounts>();
        builder.Services.AddSingleton<AccountBatches>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<AuthApi>(services, project));
    }

    private static void AddOperations(WebApplicationBuilder builder)
    {
        // Faults by chance may differ from run to run; nothing else here depends on chance.
        builder.Services.AddSingleton(services => new Faults(services.GetRequiredService<TimeProvider>(), new Random(Environment.TickCount)));
        builder.Services.AddSingleton<FaultGate>();
        builder.Services.AddSingleton<Statistics>();
        builder.Services.AddSingleton<OperationsApi>();
        builder.Services.AddSingleton<ViewerApi>();
        builder.Services.AddSingleton<Seed>();
        builder.Services.AddSingleton(TtlOptions.Read(builder.Configuration));
        builder.Services.AddHostedService<TtlSweep>();
    }
}
