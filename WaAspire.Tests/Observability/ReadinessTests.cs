using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.Worker;
using WaAspire.Worker.Observability;

namespace WaAspire.Tests.Observability;

/// <summary>The table of docs/operations.md: what makes a worker not ready, and what does not. Real loops, wires that break, and no Redis but where a test brings one.</summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private const int Breaks = 3;
    private const int Questions = 5;
    private WebApplication _emulator = null!;
    private HttpClient _store = null!;
    private FaultLink _toStore = null!;
    private WebApplication _worker = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json")]);
        await _emulator.StartAsync();
        _store = new HttpClient { BaseAddress = new Uri(_emulator.Urls.Single()) };
        _toStore = new FaultLink(_store.BaseAddress.Port);
    }

    public async Task DisposeAsync()
    {
        await _worker.StopAsync();
        await _worker.DisposeAsync();
        await _toStore.DisposeAsync();
        await _emulator.DisposeAsync();
        _store.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task without_redis_a_worker_becomes_ready_and_stays_so()
    {
        await StartAsync();

        await AnswersAsync(HttpStatusCode.OK);
        await Eventually.IsTrueAsync(() => Task.FromResult(!_worker.Services.GetRequiredService<ResilientLanes>().IsShared), "it goes on alone");
        Assert.Equal((HttpStatusCode.OK, true, true), await AskAsync());
    }

    [Theory]
    [InlineData("needs_qr", false)]
    [InlineData("reconnecting", false)]
    [InlineData("connected", true)]
    public async Task an_old_queue_of_an_account_that_cannot_send_changes_nothing(string status, bool isPaused)
    {
        await StartAsync();
        await AnswersAsync(HttpStatusCode.OK);
        var firestore = _worker.Services.GetRequiredService<IFirestore>();
        var account = new DocumentFields { ["provider"] = "cloud_api", ["status"] = status };
        if (isPaused)
        {
            account["sendPaused"] = FirestoreValue.From(new DocumentFields { ["reason"] = "operator" });
        }

        var hourAgo = _worker.Services.GetRequiredService<ServerClock>().Now.AddHours(-1);
        await firestore.CommitAsync(
            [
                DocumentWrite.Set(FirestorePaths.Account("waiting"), account),
                DocumentWrite.Set(FirestorePaths.OutboxMessage("old"), new DocumentFields
                {
                    ["schema"] = 2L,
                    ["status"] = "queued",
                    [OutboxFields.AccountId] = "waiting",
                    [OutboxFields.ThreadId] = "waiting__40700000001@s.whatsapp.net",
                    [OutboxFields.Shard] = 3L,
                    [OutboxFields.OrderAt] = hourAgo,
                    [OutboxFields.NextAttemptAt] = hourAgo,
                }),
            ],
            "test", CancellationToken.None);

        await SweepAsync();
        var swept = Stopwatch.StartNew();

        // With that queue in its lanes, the loop finds again and again that there is nothing left to take.
        await Eventually.IsTrueAsync(() => Task.FromResult(_worker.Services.GetRequiredService<LoopPulse>().Behind < swept.Elapsed), "the loop has caught up since");
        Assert.Equal((HttpStatusCode.OK, true, true), await AskAsync());
        Assert.True((await _client.GetFromJsonAsync<JsonElement>("/metrics-json")).GetProperty("outboxLagSeconds").GetInt64() >= 3600);
    }

    [Fact]
    public async Task an_old_queue_of_an_account_that_can_send_makes_it_not_ready_until_it_is_worked_off()
    {
        // One hand, and WhatsApp keeps it: the loop turns, and what is due behind it gets old.
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None"]);
        await using var whatsApp = builder.Build();
        whatsApp.MapPost("/{number}/messages", async (string number) =>
        {
            await mayAnswer.Task;
            return Results.Json(new { messages = new[] { new { id = $"wamid.{number}" } } });
        });
        await whatsApp.StartAsync();
        await StartAsync(
            "--WHATSAPP_GRAPH_BASE_URL", whatsApp.Urls.Single(), "--WHATSAPP_ACCESS_TOKEN", "a-token", "--Sending:MaxLanes", "1", "--Observability:LongestBehind", "00:00:01");
        await AnswersAsync(HttpStatusCode.OK);
        await _worker.Services.GetRequiredService<IFirestore>().CommitAsync(
            [
                DocumentWrite.Set(FirestorePaths.Account("account"), new DocumentFields { ["provider"] = "cloud_api", ["status"] = "connected", ["phoneNumberId"] = "1" }),
                .. Enumerable.Range(1, 3).SelectMany(thread => OutboxWorld.QueuedWrites($"message-{thread}", $"account__4070000000{thread}@s.whatsapp.net")),
            ],
            "test", CancellationToken.None);
        await SweepAsync();

        await Eventually.IsTrueAsync(async () => await AskAsync() is (HttpStatusCode.ServiceUnavailable, true, false), "the worker does not keep up");

        mayAnswer.SetResult();
        await AnswersAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task a_store_that_takes_what_is_asked_and_says_nothing_makes_it_not_ready_until_it_speaks()
    {
        await StartAsync("--Observability:ProbeTimeout", "00:00:02");
        await AnswersAsync(HttpStatusCode.OK);

        _toStore.Set(LinkFault.AnswersHeld);
        await AnswersAsync(HttpStatusCode.ServiceUnavailable);
        Assert.False((await AskAsync()).Firestore);

        _toStore.Set(LinkFault.None);
        await AnswersAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task connections_that_break_and_come_back_never_show()
    {
        var redis = new RedisServer();
        await redis.StartAsync();
        await using var toRedis = new FaultLink(redis.Port);
        await StartAsync("--ConnectionStrings:redis", $"127.0.0.1:{toRedis.Port},abortConnect=false,connectTimeout=10000");
        await AnswersAsync(HttpStatusCode.OK);
        await Eventually.IsTrueAsync(() => Task.FromResult(_worker.Services.GetRequiredService<ResilientLanes>().IsShared), "lanes are shared");

        List<(HttpStatusCode Status, bool Firestore, bool Worker)> answers = [];
        for (var i = 0; i < Breaks; i++)
        {
            // The first of these questions has reached the store, and its answer is on the way, when the connections break.
            var before = await ReadsAsync();
            _toStore.Set(LinkFault.AnswersHeld);
            var asking = AskManyAsync();
            await Eventually.IsTrueAsync(async () => await ReadsAsync() > before, "the store is asked");
            toRedis.Break();
            _toStore.Break();
            _toStore.Set(LinkFault.None);
            answers.AddRange(await asking);
        }

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.OK, true, true), answer));
        await _worker.StopAsync();
        await redis.StopAsync();
    }

    [Fact]
    public async Task a_store_that_does_not_answer_in_time_makes_it_not_ready_until_it_does()
    {
        await StartAsync("--Observability:ProbeTimeout", "00:00:02");
        await AnswersAsync(HttpStatusCode.OK);

        using (await _store.PutAsJsonAsync("/emulator/v1/faults", new { latency = "00:00:10" }))
        {
            await AnswersAsync(HttpStatusCode.ServiceUnavailable);
            Assert.False((await AskAsync()).Firestore);
            using var alive = await _client.GetAsync("/healthz");
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }

        (await _store.DeleteAsync("/emulator/v1/faults")).Dispose();
        await AnswersAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task a_loop_that_no_longer_turns_makes_it_not_ready()
    {
        // It would look again in a minute; nobody wakes it, and a second is all that readiness gives it.
        await StartAsync("--Sending:PollEvery", "00:01:00", "--Observability:LoopSilence", "00:00:01");

        await Eventually.IsTrueAsync(async () => await AskAsync() is (HttpStatusCode.ServiceUnavailable, true, false), "the worker is not ready, its store is");
        using var alive = await _client.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private async Task StartAsync(params string[] more)
    {
        _worker = WorkerHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--INTERNAL_TOKEN", "secret",
            "--FIREBASE_PROJECT_ID", RunningSystem.ProjectId,
            "--FIRESTORE_EMULATOR_HOST", $"127.0.0.1:{_toStore.Port}",
            "--ConnectionStrings:redis", "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100",
            // Wide, so that a busy machine is not taken for a stuck worker; a test narrows the one that it is about.
            "--Observability:ProbeTimeout", "00:01:00",
            "--Observability:LoopSilence", "00:10:00",
            .. more,
        ]);
        await _worker.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_worker.Urls.Single()) };
    }

    private async Task SweepAsync()
    {
        using var sweep = new HttpRequestMessage(HttpMethod.Post, "/internal/sweep");
        sweep.Headers.Add("X-Internal-Token", "secret");
        using var swept = await _client.SendAsync(sweep);
        Assert.True(swept.IsSuccessStatusCode);
    }

    private async Task<long> ReadsAsync() =>
        (await _store.GetFromJsonAsync<JsonElement>("/emulator/v1/statistics")).GetProperty("calls").TryGetProperty("batchGet", out var calls) ? calls.GetInt64() : 0;

    private async Task<IReadOnlyList<(HttpStatusCode Status, bool Firestore, bool Worker)>> AskManyAsync()
    {
        var answers = new List<(HttpStatusCode, bool, bool)>();
        while (answers.Count < Questions)
        {
            answers.Add(await AskAsync());
        }

        return answers;
    }

    private Task AnswersAsync(HttpStatusCode status) => Eventually.IsTrueAsync(async () => (await AskAsync()).Status == status, $"/readyz answers {status}");

    private async Task<(HttpStatusCode Status, bool Firestore, bool Worker)> AskAsync()
    {
        using var answer = await _client.GetAsync("/readyz");
        var checks = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("checks");
        return (answer.StatusCode, checks.GetProperty("firestore").GetBoolean(), checks.GetProperty("worker").GetBoolean());
    }
}
