using System.Reflection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Api;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Observability;

/// <summary>
/// What the old system's probes and diagnostics ask for besides the runbook's three. The open ones tell numbers and no names; who
/// the accounts are is told behind the internal token. None of them changes anything, and <c>/health</c> reads nothing.
/// </summary>
public static class StatusApi
{
    private const string Service = "whatsapp-backend";
    private const int StaleSeconds = 300;
    private const int CheckSeconds = 60;
    private static readonly string _version = typeof(StatusApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
    private static readonly string[] _endpoints = ["/healthz", "/readyz", "/metrics-json", "/health", "/ready", "/diag", "/api/whatsapp/accounts"];

    public static IEndpointRouteBuilder MapStatus(this IEndpointRouteBuilder routes)
    {
        // It begins to count when it is made.
        routes.ServiceProvider.GetRequiredService<WorkerBoot>();
        routes.MapGet("/", Root);
        // Before the one of the service defaults, which answers with a word: clients of this one parse JSON.
        routes.MapGet("/health", Health).WithOrder(-1);
        routes.MapGet("/ready", Ready);
        routes.MapGet("/diag", Diag);
        routes.MapGet("/health/detailed", DetailedAsync).AddEndpointFilter(OperatorApi.RequireTokenAsync);
        routes.MapGet("/api/status/dashboard", DashboardAsync).AddEndpointFilter(OperatorApi.RequireTokenAsync);
        return routes;
    }

    private static IResult Root(AccountDirectory accounts, ServerClock clock, WorkerBoot boot, IConfiguration configuration) => Results.Json(new
    {
        status = "online",
        service = Service,
        version = _version,
        commit = Commit(configuration),
        bootTimestamp = AccountView.Iso(boot.At),
        uptime = (long)boot.Uptime.TotalSeconds,
        accounts = Living(accounts).Count,
        firestore = FirestoreWord(clock),
        endpoints = _endpoints,
    });

    /// <summary>Always 200: it says that the process answers, with what it knows by heart.</summary>
    private static IResult Health(HttpRequest request, AccountDirectory accounts, ServerClock clock, WorkerIdentity self, WorkerBoot boot, TimeProvider time, IConfiguration configuration)
    {
        var now = time.GetUtcNow();
        var living = Living(accounts);
        return Results.Json(new
        {
            ok = true,
            status = "healthy",
            service = Service,
            version = _version,
            commit = Commit(configuration),
            instanceId = self.Id,
            bootTimestamp = AccountView.Iso(boot.At),
            uptime = (long)boot.Uptime.TotalSeconds,
            timestamp = AccountView.Iso(now),
            requestId = request.Headers["X-Request-ID"].ToString() is { Length: > 0 and <= 128 } id && id.All(c => c is > ' ' and <= '~') ? id : $"health_{now.ToUnixTimeMilliseconds()}",
            accounts_total = living.Count,
            connected = living.Count(account => account.IsConnected),
            firestore = FirestoreWord(clock),
        });
    }

    /// <summary>There is no passive mode: each worker takes its share, so that none holds a lock and none waits for one.</summary>
    private static IResult Ready(LoopPulse pulse, WorkerIdentity self, TimeProvider time) => Results.Json(new
    {
        ready = pulse.SinceBeat is not null,
        mode = "active",
        reason = pulse.SinceBeat is null ? "starting" : null,
        instanceId = self.Id,
        lockStatus = (string?)null,
        heldBy = (string?)null,
        lockExpiresInSeconds = (int?)null,
        timestamp = AccountView.Iso(time.GetUtcNow()),
        error = (string?)null,
    });

    private static IResult Diag(LoopPulse pulse, ServerClock clock, WorkerIdentity self, TimeProvider time) => Results.Json(new
    {
        ready = pulse.SinceBeat is not null,
        mode = "active",
        instanceId = self.Id,
        firestoreConnected = clock.SinceObservation is not null,
        latestRealtime = Array.Empty<object>(),
        timestamp = AccountView.Iso(time.GetUtcNow()),
    });

    private static Task<IResult> DetailedAsync(AccountCatalog catalog, WorkerBoot boot, CancellationToken cancellationToken) => GuardAsync(catalog, read => new
    {
        status = "healthy",
        timestamp = AccountView.Iso(read.ReadTime),
        uptime = (long)boot.Uptime.TotalSeconds,
        monitoring = new { staleThreshold = StaleSeconds, checkInterval = CheckSeconds },
        accounts = read.Living.Select(account =>
        {
            var (fields, lastEvent) = (account.Fields, account.Fields.Timestamp(AccountFields.UpdatedAt) ?? account.UpdateTime);
            return new
            {
                accountId = account.Id,
                status = fields.Text(AccountFields.Status),
                phoneNumber = AccountView.PhoneOf(fields),
                lastEventAt = AccountView.Iso(lastEvent),
                timeSinceLastEvent = (long)(read.ReadTime - lastEvent).TotalSeconds,
                reconnectCount = fields.Integer(AccountFields.ReconnectCount) ?? 0,
                // Found by pings that are not answered: a quiet account is not a broken one.
                isStale = fields.Boolean("degraded") == true,
            };
        }),
    }, cancellationToken);

    private static Task<IResult> DashboardAsync(AccountCatalog catalog, WorkerBoot boot, CancellationToken cancellationToken) => GuardAsync(catalog, read =>
    {
        var statuses = read.Living.Select(account => account.Fields.Text(AccountFields.Status)).ToList();
        return new
        {
            timestamp = AccountView.Iso(read.ReadTime),
            service = new { status = "healthy", uptime = (long)boot.Uptime.TotalSeconds, version = _version },
            storage = new { path = "firestore", writable = true, totalAccounts = statuses.Count },
            accounts = read.Living.Select(account => new { accountId = account.Id, name = AccountView.NameOf(account), status = account.Fields.Text(AccountFields.Status) }),
            summary = new
            {
                connected = statuses.Count(status => status == AccountFields.Connected),
                connecting = statuses.Count(status => status is AccountFields.Connecting or "reconnecting"),
                disconnected = statuses.Count(status => status == AccountFields.Disconnected),
                needs_qr = statuses.Count(status => status is AccountFields.NeedsQr or AccountFields.QrReady),
                total = statuses.Count,
            },
        };
    }, cancellationToken);

    private static async Task<IResult> GuardAsync(AccountCatalog catalog, Func<CatalogRead, object> show, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(show(await catalog.ReadAsync(cancellationToken)));
        }
        catch (FirestoreException)
        {
            return OperatorApi.Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
    }

    private static List<Account> Living(AccountDirectory accounts) => [.. accounts.All.Where(account => account.Status != AccountFields.Deleted)];

    private static string FirestoreWord(ServerClock clock) => clock.SinceObservation is null ? "disabled" : "connected";

    private static string Commit(IConfiguration configuration) => configuration["RAILWAY_GIT_COMMIT_SHA"] is { Length: > 0 } sha ? sha : "unknown";
}

/// <summary>When this process began.</summary>
public sealed class WorkerBoot(TimeProvider time)
{
    private readonly long _since = time.GetTimestamp();

    public DateTimeOffset At { get; } = time.GetUtcNow();

    public TimeSpan Uptime => time.GetElapsedTime(_since);
}
