using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules;
using WaAspire.FirebaseEmulator.Rules.Enforcement;

namespace WaAspire.FirebaseEmulator;

/// <summary>
/// The local stand-in for Firestore and Firebase Auth. Every address that it listens on answers for both: a host
/// usually gives it two, because their clients expect one each. It keeps everything in memory.
/// </summary>
/// <remarks>
/// Configuration: <c>Firestore:IndexesFile</c>, <c>Firestore:RulesFile</c> (none: every caller may do everything), <c>Firestore:HistoryVersions</c> (200,000), <c>Seed:File</c>,
/// <c>FIREBASE_PROJECT_ID</c> (demo-waaspire: the project of sign-in calls, which name none).
/// </remarks>
public static class EmulatorHost
{
    private const string DefaultProject = "demo-waaspire";
    private const int DefaultHistoryVersions = 200_000;

    public static WebApplication Create(string[] args) => Create(args, TimeProvider.System);

    public static WebApplication Create(string[] args, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        // Request logs carry addresses, and addresses carry document names, which hold phone numbers.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // One limit for all calls, told in Firestore's own words rather than by the server's 413.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddSingleton(time);
        builder.Services.AddCors();
        AddFirestore(builder);
        AddRules(builder);
        AddAuth(builder);
        AddOperations(builder);

        var app = builder.Build();
        app.Use(ForgiveHangUpAsync);
        // Web apps call Firebase straight from the browser, from any origin.
        app.UseCors(policy => policy.AllowAnyOrigin().AllowAnyHeader().AllowAnyMethod());
        app.Services.GetRequiredService<OperationsApi>().Map(app);
        app.Services.GetRequiredService<RulesApi>().Map(app);
        app.Services.GetRequiredService<FirestoreApi>().Map(app);
        app.Services.GetRequiredService<AuthApi>().Map(app);
        if (string.IsNullOrEmpty(app.Configuration["Firestore:IndexesFile"]))
            app.Logger.NoIndexesFile();
        if (app.Configuration["Firestore:RulesFile"] is { Length: > 0 } rules)
            app.Logger.RulesInForce(rules);
        else
            app.Logger.NoRulesFile();
        if (app.Configuration["Seed:File"] is { Length: > 0 } seed)
            app.Services.GetRequiredService<Seed>().Load(seed);
        return app;
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

    private static void AddFirestore(WebApplicationBuilder builder)
    {
        var versions = builder.Configuration.GetValue("Firestore:HistoryVersions", DefaultHistoryVersions);
        builder.Services.AddSingleton(services => new Databases(services.GetRequiredService<TimeProvider>(), versions));
        var file = builder.Configuration["Firestore:IndexesFile"];
        builder.Services.AddSingleton(string.IsNullOrEmpty(file) ? IndexCatalog.Automatic : IndexCatalog.Load(file));
        builder.Services.AddSingleton<IndexCheck>();
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
        builder.Services.AddSingleton<TokenSigner>();
        builder.Services.AddSingleton<IdTokens>();
        builder.Services.AddSingleton<AuthUsers>();
        builder.Services.AddSingleton<AuthAccounts>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<AuthApi>(services, project));
    }

    private static void AddOperations(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Faults>();
        builder.Services.AddSingleton<FaultGate>();
        builder.Services.AddSingleton<Statistics>();
        builder.Services.AddSingleton<OperationsApi>();
        builder.Services.AddSingleton<Seed>();
    }
}
