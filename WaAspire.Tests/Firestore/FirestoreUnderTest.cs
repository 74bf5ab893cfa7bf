using Microsoft.Extensions.Configuration;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

/// <summary>The client and what is built on it, pointed at a server of the test; retries are quick.</summary>
internal sealed class FirestoreUnderTest : IDisposable
{
    private readonly FirestoreTransport _transport;

    public FirestoreUnderTest(Uri url, Action<FirestoreOptions>? configure = null)
    {
        var options = new FirestoreOptions
        {
            ProjectId = "demo-test",
            EmulatorHost = url.Scheme == "http" ? url.Authority : null,
            BaseUrl = url,
            RetryBase = TimeSpan.FromMilliseconds(1),
            RetryCap = TimeSpan.FromMilliseconds(5),
        };
        configure?.Invoke(options);
        var pause = new RetryPause(options, TimeProvider.System, new Random(7));
        Clock = new ServerClock(TimeProvider.System);
        _transport = new FirestoreTransport(options, Credentials(options), HandlerThatTrustsTheTest(options));
        Client = new RestFirestore(_transport, options, pause, Clock, Cost, TimeProvider.System);
        Batcher = new CommitBatcher(Client, options, pause);
        Gatherer = new DocumentGatherer(Client, options);
    }

    public IFirestore Client { get; }

    public CommitBatcher Batcher { get; }

    public DocumentGatherer Gatherer { get; }

    public ServerClock Clock { get; }

    public FirestoreCost Cost { get; } = new();

    public static DocumentWrite Create(string path) => DocumentWrite.Create(path, new DocumentFields { ["text"] = "hello" });

    public Task<CommitOutcome> CommitAsync(string path = "outbox/a", CancellationToken cancellationToken = default) =>
        Client.CommitAsync([Create(path)], "test", cancellationToken);

    public void Dispose()
    {
        Batcher.Dispose();
        Gatherer.Dispose();
        Cost.Dispose();
        _transport.Dispose();
    }

    // Over TLS no emulator is assumed, and a token is needed: any well-formed key will do, the server does not look.
    private static FirestoreCredentials Credentials(FirestoreOptions options) => new(
        options,
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["FIREBASE_CLIENT_EMAIL"] = "test@demo-test.iam.gserviceaccount.com",
            ["FIREBASE_PRIVATE_KEY"] = TestKey.Pem,
        }).Build());

    private static SocketsHttpHandler HandlerThatTrustsTheTest(FirestoreOptions options)
    {
        var handler = FirestoreTransport.Handler(options);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate?.GetCertHashString() == ScriptedFirestore.Certificate.GetCertHashString();
        return handler;
    }
}
