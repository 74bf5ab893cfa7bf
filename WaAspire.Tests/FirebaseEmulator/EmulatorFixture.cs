using Microsoft.AspNetCore.Builder;
using WaAspire.FirebaseEmulator;

namespace WaAspire.Tests.FirebaseEmulator;

/// <summary>A real emulator on a free port, one for each test class; tests keep apart by their project ids.</summary>
public class EmulatorFixture : IAsyncLifetime
{
    private WebApplication? _app;

    public ManualTime Time { get; } = new();

    public HttpClient Http { get; } = new();

    protected virtual string IndexesFile => Path.Combine(RepositoryRoot, "firestore.indexes.json");

    protected virtual string[] Arguments => [];

    public static string RepositoryRoot
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "WaAspire.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("No solution above the tests.");
            return folder.FullName;
        }
    }

    public EmulatorClient Client(string? project = null) => new(Http, project ?? $"test-{Guid.NewGuid():N}");

    public async Task InitializeAsync()
    {
        _app = EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--Firestore:IndexesFile", IndexesFile, .. Arguments], Time);
        await _app.StartAsync();
        Http.BaseAddress = new(_app.Urls.First());
    }

    public virtual async Task DisposeAsync()
    {
        Http.Dispose();
        await _app!.DisposeAsync();
    }
}

/// <summary>Indexes for the query tests, which ask for much that the product never does.</summary>
public sealed class QueryFixture : EmulatorFixture
{
    protected override string IndexesFile => Path.Combine(RepositoryRoot, "WaAspire.Tests", "FirebaseEmulator", "Queries", "query.indexes.json");
}

/// <summary>The wall clock plus what a test adds to it (also backwards).</summary>
public sealed class ManualTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public DateTimeOffset? StoppedAt { get; set; }

    public override DateTimeOffset GetUtcNow() => (StoppedAt ?? System.GetUtcNow()) + Shift;
}
