using System.Collections.Concurrent;

namespace WaAspire.Tests.FirebaseEmulator.Persistence;

/// <summary>Real processes, killed as the machine would kill them: what was acknowledged is there afterwards.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private const string Project = "demo-waaspire";
    private const string Accounts = "/identitytoolkit.googleapis.com/v1/accounts";
    private readonly string _directory = Directory.CreateTempSubdirectory("waaspire-data-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task no_acknowledged_commit_is_lost_by_a_kill_in_the_middle_of_a_load()
    {
        const int Callers = 16, Enough = 400, Rounds = 2;
        var acknowledged = new ConcurrentDictionary<string, string>();
        for (var round = 0; round < Rounds; round++)
        {
            await using var emulator = await StartAsync();
            await CheckAsync(new(emulator.Http, Project), acknowledged);
            var before = acknowledged.Count;
            var enough = new TaskCompletionSource();
            var callers = Enumerable.Range(0, Callers).Select(caller => WriteUntilKilledAsync($"{round}-{caller}", emulator, acknowledged, () =>
            {
                if (acknowledged.Count - before >= Enough)
                    enough.TrySetResult();
            })).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await emulator.KillAsync();
            await Task.WhenAll(callers);
        }

        await using var after = await StartAsync();
        await CheckAsync(new(after.Http, Project), acknowledged);
    }

    [Fact]
    public async Task all_types_times_users_and_tokens_outlive_a_kill_and_commit_times_go_on()
    {
        const string Fields = """
            "s":{"stringValue":"ä\u0000 \"x\" 日"},"i":{"integerValue":"-9223372036854775808"},"d":{"doubleValue":1},"z":{"doubleValue":"-0"},"nan":{"doubleValue":"NaN"},
            "b":{"booleanValue":true},"n":{"nullValue":null},"t":{"timestampValue":"0001-01-01T00:00:00.000001Z"},"by":{"bytesValue":"AP/+"},"g":{"geoPointValue":{"latitude":1.5,"longitude":-2}},
            "r":{"referenceValue":"…/a/b"},"e":{"arrayValue":{}},"a":{"arrayValue":{"values":[{"mapValue":{"fields":{"x y":{"integerValue":"1"}}}}]}},"m":{"mapValue":{}}
            """;
        Answer written;
        string idToken, refreshToken;
        await using (var emulator = await StartAsync())
        {
            var client = new EmulatorClient(emulator.Http, Project);
            await client.SetAsync("c/gone", "");
            await client.SetAsync("c/sub/coll/日 :%", Fields);
            await client.WriteAsync("""{"delete":"…/c/gone"}""", """{"update":{"name":"…/c/empty","fields":{}}}""");
            written = (await client.GetAsync("/c/sub/coll/%E6%97%A5%20%3A%25")).Ok();
            var signedUp = (await client.SendAsync(HttpMethod.Post, $"{Accounts}:signUp?key=k", """{"email":"a@example.com","password":"secret-1"}""")).Ok().Json;
            (idToken, refreshToken) = (signedUp.GetProperty("idToken").GetString()!, signedUp.GetProperty("refreshToken").GetString()!);
            await emulator.KillAsync();
        }

        await using var again = await StartAsync();
        var reader = new EmulatorClient(again.Http, Project);
        Assert.Equal(written.Json.GetRawText(), (await reader.GetAsync("/c/sub/coll/%E6%97%A5%20%3A%25")).Ok().Json.GetRawText());
        Assert.Equal(["c/empty"], await reader.QueryAsync("""{"from":[{"collectionId":"c"}]}"""));
        Assert.Equal("404 NOT_FOUND", (await reader.GetAsync("/c/gone")).Refusal);
        Assert.True(string.CompareOrdinal((await reader.CommitAsync()).CommitTime, written.Json.GetProperty("updateTime").GetString()) > 0);

        var known = (await reader.SendAsync(HttpMethod.Post, $"{Accounts}:lookup?key=k", $$"""{"idToken":"{{idToken}}"}""")).Ok().Json;
        Assert.Equal("a@example.com", known.GetProperty("users")[0].GetProperty("email").GetString());
        (await reader.SendAsync(HttpMethod.Post, "/securetoken.googleapis.com/v1/token?key=k", $$"""{"refresh_token":"{{refreshToken}}"}""")).Ok();
        (await reader.SendAsync(HttpMethod.Post, $"{Accounts}:signInWithPassword?key=k", """{"email":"a@example.com","password":"secret-1"}""")).Ok();
    }

    [Fact]
    public async Task commit_times_rise_even_if_the_machines_clock_went_back_over_the_restart()
    {
        string before;
        await using (var first = new Restartable(_directory))
        {
            await first.InitializeAsync();
            before = (await first.Client(Project).WriteAsync("""{"update":{"name":"…/c/d","fields":{}}}""")).CommitTime;
        }

        await using var second = new Restartable(_directory);
        second.Time.Shift = TimeSpan.FromHours(-1);
        await second.InitializeAsync();
        Assert.True(string.CompareOrdinal((await second.Client(Project).WriteAsync("""{"update":{"name":"…/c/e","fields":{}}}""")).CommitTime, before) > 0);
        var past = await second.Client(Project).PostAsync(":batchGet", """{"documents":["…/c/d"],"readTime":"2020-01-01T00:00:00Z"}""");
        Assert.Equal("400 FAILED_PRECONDITION", past.Refusal);
    }

    [Fact]
    public async Task a_seed_is_applied_only_to_a_new_directory_and_a_wipe_is_kept()
    {
        var seed = Path.Combine(EmulatorFixture.RepositoryRoot, "demo", "seed.json");
        await using (var first = await StartAsync("--seed", seed))
        {
            var client = new EmulatorClient(first.Http, Project);
            Assert.NotEmpty(await client.QueryAsync("""{"from":[{"collectionId":"threads"}]}"""));
            (await client.SendAsync(HttpMethod.Delete, $"/emulator/v1/projects/{Project}/databases/(default)/documents", null)).Ok();
            await client.SetAsync("c/mine", "");
            await first.KillAsync();
        }

        await using var second = await StartAsync("--seed", seed);
        var again = new EmulatorClient(second.Http, Project);
        Assert.Empty(await again.QueryAsync("""{"from":[{"collectionId":"threads"}]}"""));
        (await again.GetAsync("/c/mine")).Ok();
        (await again.SendAsync(HttpMethod.Post, $"{Accounts}:signInWithPassword?key=k", """{"email":"employee@example.com","password":"demo-password"}""")).Ok();
    }

    [Fact]
    public async Task a_directory_serves_one_emulator_at_a_time()
    {
        await using var first = await StartAsync();
        var (exitCode, errors) = await EmulatorProcess.RunAsync("--port", "0", "--data-dir", _directory);
        Assert.Equal(1, exitCode);
        Assert.Contains("in use by another emulator", errors, StringComparison.Ordinal);
    }

    private Task<EmulatorProcess> StartAsync(params string[] arguments) => EmulatorProcess.StartAsync(["--data-dir", _directory, .. arguments]);

    /// <summary>New documents and one that changes each time; a reply that never came promises nothing, so it is not noted.</summary>
    private static async Task WriteUntilKilledAsync(
        string caller, EmulatorProcess emulator, ConcurrentDictionary<string, string> acknowledged, Action noted)
    {
        var client = new EmulatorClient(emulator.Http, Project);
        try
        {
            for (var n = 0; ; n++)
            {
                await client.SetAsync($"load/{caller}-{n}", $$""" "n":{"integerValue":"{{n}}"} """);
                acknowledged[$"load/{caller}-{n}"] = $"{n}";
                await client.SetAsync($"load/{caller}-last", $$""" "n":{"integerValue":"{{n}}"} """);
                acknowledged[$"load/{caller}-last"] = $"{n}";
                noted();
            }
        }
        catch (HttpRequestException)
        {
            // Killed, as planned.
        }
    }

    private static async Task CheckAsync(EmulatorClient client, ConcurrentDictionary<string, string> acknowledged)
    {
        foreach (var (path, value) in acknowledged)
        {
            var stored = long.Parse((await client.FieldsAsync(path)).GetProperty("n").GetProperty("integerValue").GetString()!);
            // What is overwritten may be one ahead: stored, and killed before it was told.
            Assert.InRange(stored, long.Parse(value), path.EndsWith("last", StringComparison.Ordinal) ? long.Parse(value) + 1 : long.Parse(value));
        }
    }

    private sealed class Restartable(string directory) : EmulatorFixture, IAsyncDisposable
    {
        protected override string[] Arguments => ["--Storage:Directory", directory];

        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
