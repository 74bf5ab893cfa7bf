// The map of WaAspire: what runs, who needs whom, who waits for whom.
//
//   app ──▶ proxy ──▶ firestore ◀── worker ×2 ──▶ WhatsApp          redis wakes the workers
//
// Run here, Google and Meta are stand-ins that speak their protocols: `firebase` and `whatsapp`. Published, they are the
// real ones, and the stand-ins are not in the model at all. Nothing here starts before what it cannot work without.

using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using WaAspire.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
var local = builder.ExecutionContext.IsRunMode;

// ── What we are told ────────────────────────────────────────────────────────────────────────────────────────────
// Published, each of these must be given. Here, a value that says what it is will do.
var firebaseProject = Setting("firebase-project", "demo-waaspire");
var firebaseWebApiKey = Setting("firebase-web-api-key", "local");
var superAdminEmail = Setting("super-admin-email", "admin@example.com");
var whatsappAccessToken = Secret("whatsapp-access-token");
var whatsappAppSecret = Secret("whatsapp-app-secret");
var whatsappVerifyToken = Secret("whatsapp-verify-token");
var internalToken = Secret("internal-token");

// ── Redis: lane leases and wake-ups. May be lost at any time; a server that exists already is welcome. ─────────────
IResourceBuilder<IResourceWithConnectionString> redis = builder.Configuration.GetConnectionString("redis") is null
    ? builder.AddRedis("redis", PublicPort("Redis")).WithFlushCommand()
    : builder.AddConnectionString("redis");

// ── Worker: the only one that sends. Two of them, because two must never send the same message. ────────────────────
var worker = builder.AddProject<Projects.WaAspire_Worker>("worker")
    .WithReplicas(2)
    .WithHttpEndpoint(PublicPort("Worker"))
    .WithHttpHealthCheck("/healthz")
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("FIREBASE_PROJECT_ID", firebaseProject)
    .WithEnvironment("WHATSAPP_ACCESS_TOKEN", whatsappAccessToken)
    .WithEnvironment("INTERNAL_TOKEN", internalToken)
    .WithOperatorCommands(internalToken);

// ── Proxy: the only one that the world may call. ───────────────────────────────────────────────────────────────────
var proxy = builder.AddProject<Projects.WaAspire_Proxy>("proxy")
    .WithHttpEndpoint(PublicPort("Proxy"))
    .WithExternalHttpEndpoints()
    .WithUrlForEndpoint("http", _ => new() { Url = "/operations/", DisplayText = "Operator's page" })
    .WithHttpHealthCheck("/readyz")
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("FIREBASE_PROJECT_ID", firebaseProject)
    .WithEnvironment("FIREBASE_WEB_API_KEY", firebaseWebApiKey)
    .WithEnvironment("WHATSAPP_RAILWAY_BASE_URL", worker.GetEndpoint("http"))
    .WithEnvironment("WHATSAPP_APP_SECRET", whatsappAppSecret)
    .WithEnvironment("WHATSAPP_VERIFY_TOKEN", whatsappVerifyToken)
    .WithEnvironment("INTERNAL_TOKEN", internalToken)
    .WithEnvironment("SUPER_ADMIN_EMAIL", superAdminEmail);

if (local)
{
    // ── Google's stand-in: Firestore with our indexes and rules, and Auth. ─────────────────────────────────────────
    var firebase = builder.AddProject<Projects.WaAspire_FirebaseEmulator>("firebase")
        .WithHttpEndpoint(PublicPort("Firestore"), name: "firestore")
        .WithHttpEndpoint(PublicPort("Auth"), name: "auth")
        .WithHttpHealthCheck("/health", endpointName: "firestore")
        .WithEnvironment("FIREBASE_PROJECT_ID", firebaseProject)
        .WithEnvironment("Firestore__IndexesFile", RepositoryFile("firestore.indexes.json"))
        .WithEnvironment("Firestore__RulesFile", RepositoryFile("firestore.rules"));
    if (builder.Configuration["Demo:SeedFile"] is { } seedFile)
        firebase.WithEnvironment("Seed__File", Path.GetFullPath(seedFile));
    if (builder.Configuration["Demo:DataDirectory"] is { } dataDirectory)
        firebase.WithEnvironment("Storage__Directory", Path.GetFullPath(dataDirectory));

    // ── Meta's stand-in. It calls the proxy's webhook but does not wait for it: the proxy needs no WhatsApp to start. ──
    var whatsapp = builder.AddProject<Projects.WaAspire_WhatsAppSimulator>("whatsapp")
        .WithHttpEndpoint(PublicPort("WhatsApp"))
        .WithHttpHealthCheck("/health")
        .WithEnvironment("WHATSAPP_ACCESS_TOKEN", whatsappAccessToken)
        .WithEnvironment("WHATSAPP_APP_SECRET", whatsappAppSecret)
        .WithEnvironment("WHATSAPP_VERIFY_TOKEN", whatsappVerifyToken)
        .WithEnvironment("Webhooks__Url", $"{proxy.GetEndpoint("http")}/webhooks/whatsapp");

    var firestore = firebase.GetEndpoint("firestore").Property(EndpointProperty.HostAndPort);
    worker.WaitFor(firebase).WaitFor(whatsapp)
        .WithEnvironment("FIRESTORE_EMULATOR_HOST", $"{firestore}")
        .WithEnvironment("WHATSAPP_GRAPH_BASE_URL", $"{whatsapp.GetEndpoint("http")}/v25.0")
        .WithEnvironment("Observability__FiguresEvery", "00:00:02"); // counting is free here, and somebody is looking
    proxy.WaitFor(firebase)
        .WithTestMessageCommand(firebase.GetEndpoint("auth"))
        .WithEnvironment("FIRESTORE_EMULATOR_HOST", $"{firestore}")
        .WithEnvironment("FIREBASE_AUTH_EMULATOR_HOST", $"{firebase.GetEndpoint("auth").Property(EndpointProperty.HostAndPort)}");

    // ── WhatsApp's stand-in for accounts that are paired by QR code. Both scripts end well where Node is missing. ───────
    if (builder.Configuration.GetValue("Demo:Sockets", true))
    {
        var packages = builder.AddExecutable("gateway-packages", RepositoryFile("scripts/sockets.sh"), RepositoryFile("."), "install");
        var sockets = builder.AddExecutable("sockets", RepositoryFile("scripts/sockets.sh"), RepositoryFile("."), "stand-in")
            .WithHttpEndpoint(PublicPort("Sockets"), env: "PORT")
            .WithHttpHealthCheck("/admin/state")
            .WaitForCompletion(packages);
        if (builder.Configuration["Demo:DataDirectory"] is { } kept)
            sockets.WithArgs($"--data={Path.GetFullPath(Path.Combine(kept, "whatsapp-devices.json"))}");

        // A worker looks for its gateway's packages once, with its first such account.
        worker.WaitForCompletion(packages)
            .WithEnvironment("WA_SESSION_KEYS", builder.AddParameter("wa-session-keys", LocalKey(), secret: true))
            .WithEnvironment("WA_WEB_SOCKET_URL", $"ws://{sockets.GetEndpoint("http").Property(EndpointProperty.HostAndPort)}/ws/chat")
            .WithEnvironment("Gateway__Spool", RepositoryFile(".run/gateway-spool"));
        whatsapp.WithEnvironment("Sockets__Url", sockets.GetEndpoint("http"))
            .WithEnvironment("FIREBASE_PROJECT_ID", firebaseProject)
            .WithEnvironment("FIRESTORE_EMULATOR_HOST", $"{firestore}");
    }
}

builder.Build().Run();

// A given value wins over the local one, by the name or, for shells, by the name with underscores.
IResourceBuilder<ParameterResource> Setting(string name, string localValue, bool secret = false)
{
    var given = builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"];
    return local && given is null ? builder.AddParameter(name, localValue, secret: secret) : builder.AddParameter(name, secret);
}

IResourceBuilder<ParameterResource> Secret(string name) => Setting(name, $"local-{name}", secret: true);

// Null is a random free port; run.sh names the ones that people type.
int? PublicPort(string name) => builder.Configuration.GetValue<int?>($"Ports:{name}");

// Made up once, and kept: what is stored encrypted must be readable after the next start.
string LocalKey()
{
    var file = RepositoryFile(".run/session-keys");
    if (!File.Exists(file))
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var mine = $"{file}.{Environment.ProcessId}";
        File.WriteAllText(mine, $"local:{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(mine, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(mine, file, overwrite: true);
    }

    return File.ReadAllText(file);
}

string RepositoryFile(string name) => Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", name));
