using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Accounts;

/// <summary>Every row of the error table, from WhatsApp's answer to what is left in the outbox and in the account.</summary>
[Collection(AccountCollection.Name)]
public sealed class ErrorTableTests : IDisposable
{
    private readonly AccountWorld _world;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _alerts = new();

    public ErrorTableTests(AccountWorld world)
    {
        _world = world;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "waaspire.whatsapp.alerts")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => _alerts.AddOrUpdate((string)tags[0].Value!, value, (_, total) => total + value));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void no_row_is_without_its_expectation() =>
        Assert.Empty(ErrorTable.Codes.Except(ErrorRows.Read().Select(row => row.Code)));

    [Fact]
    public async Task every_row_does_to_message_account_pair_and_template_what_it_says()
    {
        var wrong = new List<string>();
        foreach (var row in ErrorRows.Read())
        {
            try
            {
                await CheckAsync(row);
                Assert.Equal(row.Alert, _alerts.ContainsKey($"{row.Code}"));
                _alerts.Clear();
            }
            catch (Xunit.Sdk.XunitException exception)
            {
                wrong.Add($"{row}: {exception.Message}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData(500, OutboxStatus.Queued, 1)]
    [InlineData(400, OutboxStatus.Failed, 1)]
    public async Task a_code_that_nobody_knows_is_judged_by_its_class(int httpStatus, OutboxStatus state, int attempts)
    {
        var sender = await _world.OpenAsync();
        await _world.FaultsAsync(sender.Error(999999, times: 1, httpStatus));
        var message = await sender.QueueAsync();

        await sender.SendAsync();

        Assert.Equal((state, attempts), ((await sender.MessageAsync(message)).Status, (await sender.MessageAsync(message)).AttemptCount));
        Assert.Equal(state == OutboxStatus.Failed, _alerts.ContainsKey("unknown"));
    }

    [Fact]
    public async Task an_error_that_one_message_may_well_cause_tells_a_person_when_it_comes_again_and_again()
    {
        var times = new AccountPauseOptions().RepeatedErrors;
        var sender = await _world.OpenAsync();
        for (var i = 1; i <= times; i++)
        {
            Assert.Empty(_alerts);
            await _world.FaultsAsync(sender.Error(100, times: 1));
            await sender.QueueAsync();
            await sender.SendAsync();
        }

        Assert.Equal(1, _alerts["100"]);
    }

    [Theory]
    [InlineData(131026, 500, OutboxStatus.Failed)]
    [InlineData(190, 400, OutboxStatus.Queued)]
    [InlineData(130429, 400, OutboxStatus.Queued)]
    public async Task the_code_decides_and_not_the_http_status(int code, int httpStatus, OutboxStatus state)
    {
        var sender = await _world.OpenAsync();
        await _world.FaultsAsync(sender.Error(code, times: 1, httpStatus));
        var message = await sender.QueueAsync();

        await sender.SendAsync();

        Assert.Equal(state, (await sender.MessageAsync(message)).Status);
    }

    [Theory]
    [InlineData("Failed to download the media from the link", true)]
    [InlineData("The mime type does not match", false)]
    [InlineData(null, false)]
    public void a_failed_upload_is_tried_once_more_only_where_the_fetch_was_at_fault(string? details, bool again)
    {
        var error = new GraphError("", 131053, new GraphErrorData(details));
        var message = new OutboxDocument { RequestId = "r", CreateTime = default, UpdateTime = default, AttemptCount = 1 };

        var first = CloudApiFaults.Classify(error, 400, message, new SendingOptions(), 0.5);
        var second = CloudApiFaults.Classify(error, 400, message with { AttemptCount = 2, AttemptHistory = [Past(131053)] }, new SendingOptions(), 0.5);

        Assert.Equal(again, first is SendOutcome.RetryLater { SpendsAttempt: true });
        Assert.IsType<SendOutcome.Rejected>(second);
    }

    [Fact]
    public void a_replay_has_all_its_attempts_although_the_history_is_long()
    {
        var message = new OutboxDocument { RequestId = "r", CreateTime = default, UpdateTime = default, AttemptCount = 1, AttemptHistory = [Past(131000), Past(131000), Past(131000), Past(131000)] };

        var outcome = CloudApiFaults.Classify(new GraphError("", 131000, null), 500, message, new SendingOptions(), 0.5);

        Assert.Equal(TimeSpan.FromSeconds(10), Assert.IsType<SendOutcome.RetryLater>(outcome).Delay);
    }

    private async Task CheckAsync(ErrorRow row)
    {
        var sender = await _world.OpenAsync();
        await _world.FaultsAsync(sender.Error(row.Code, subcode: row.Subcode));
        var message = await sender.QueueAsync(payload: row.Action == "template" ? Template() : null);
        await sender.SendAsync();
        await (row.Action switch
        {
            "fail" => FailsAsync(row, sender, message),
            "template" => StopsTemplateAsync(row, sender, message),
            "retry" => RetriesAsync(row, sender, message),
            "pause" or "waba" or "app" => PausesAsync(row, sender, message),
            "down" => GoesDownAsync(row, sender, message),
            "pair" => RestsAsync(sender, message),
            _ => SlowsAsync(sender, message),
        });
    }

    private static async Task FailsAsync(ErrorRow row, AccountWorld.Sender sender, string message)
    {
        Assert.Equal(OutboxStatus.Failed, (await sender.MessageAsync(message)).Status);
        Assert.Equal($"{row.Code}", await sender.FailureAsync(message));
        Assert.Equal(1, await sender.RequestCountAsync());
        Assert.Null(await sender.PauseAsync());
    }

    private async Task StopsTemplateAsync(ErrorRow row, AccountWorld.Sender sender, string message)
    {
        await FailsAsync(row, sender, message);
        await _world.FaultsAsync();
        var second = await sender.QueueAsync(2, Template());
        var text = await sender.QueueAsync(3);
        await sender.SendUntilEndedAsync(second, 2);
        await sender.SendUntilEndedAsync(text, 3);

        // It fails without a call to WhatsApp, with the code of the template; other messages go on.
        Assert.Equal((OutboxStatus.Failed, $"{row.Code}"), ((await sender.MessageAsync(second)).Status, await sender.FailureAsync(second)));
        Assert.Equal(OutboxStatus.Sent, (await sender.MessageAsync(text)).Status);
        Assert.Equal(2, await sender.RequestCountAsync());
    }

    private static async Task RetriesAsync(ErrorRow row, AccountWorld.Sender sender, string message)
    {
        Assert.Equal(row.Times, ErrorTable.Find(row.Code)!.Delays);
        var failed = await sender.SendUntilEndedAsync(message);

        Assert.Equal((OutboxStatus.Failed, row.Times.Count + 1), (failed.Status, (int)failed.AttemptCount));
        Assert.Equal(row.Times.Count + 1, await sender.RequestCountAsync());
        Assert.Null(await sender.PauseAsync());
    }

    private async Task PausesAsync(ErrorRow row, AccountWorld.Sender sender, string message)
    {
        var pause = (await sender.PauseAsync())!;
        Assert.Equal((row.Reason, $"{row.Code}", "whatsapp"), (pause.Reason, pause.Code, pause.By));
        Assert.Equal(row.Times.Count == 0 ? null : row.Times[0], pause.Until - pause.Since);
        await WaitsAsync(sender, message);

        // Nothing more is read, claimed or sent.
        Assert.Equal(new LaneRelease.DueIn(TimeSpan.Zero), await sender.SendAsync());
        Assert.Equal(1, await sender.RequestCountAsync());

        await _world.FaultsAsync();
        await _world.Pauses.ResumeAsync(sender.Id, "operator", _ => true, CancellationToken.None);
        await _world.Accounts.ReadAsync(sender.Id, CancellationToken.None);
        var sent = await sender.SendUntilEndedAsync(message);
        Assert.Equal((OutboxStatus.Sent, 1), (sent.Status, (int)sent.AttemptCount));
    }

    private async Task GoesDownAsync(ErrorRow row, AccountWorld.Sender sender, string message)
    {
        Assert.Equal((row.Times[0], row.Times[1]), ErrorTable.Find(row.Code)!.Backoff);
        await WaitsAsync(sender, message);
        Assert.Null(await sender.PauseAsync());
        await Kit.Eventually.IsTrueAsync(async () => await sender.SendAsync() is not null && await sender.PauseAsync() is not null, "three in a row pause the account");

        var pause = (await sender.PauseAsync())!;
        Assert.Equal((SendPause.ProviderDown, $"{row.Code}", null), (pause.Reason, pause.Code, pause.Until));
        Assert.Equal(3, await sender.RequestCountAsync());
        await WaitsAsync(sender, message);
        Assert.False(_world.Gate.MayTake(sender.Id));

        // A probe that fails changes nothing; one that is accepted lets everybody go on.
        await ProbeAsync(sender);
        Assert.NotNull(await sender.PauseAsync());
        Assert.False(_world.Gate.MayTake(sender.Id));
        await _world.FaultsAsync();
        await Kit.Eventually.IsTrueAsync(async () => await ProbeAsync(sender) is not null && await sender.PauseAsync() is null, "an accepted probe resumes the account");

        Assert.True(_world.Gate.MaySend(sender.Id));
        var sent = await sender.MessageAsync(message);
        Assert.Equal((OutboxStatus.Sent, 1), (sent.Status, (int)sent.AttemptCount));
    }

    private Task<LaneRelease> ProbeAsync(AccountWorld.Sender sender)
    {
        _world.Gate.AllowProbe(sender.Id);
        Assert.True(_world.Gate.MayTake(sender.Id));
        return sender.SendAsync();
    }

    private async Task RestsAsync(AccountWorld.Sender sender, string message)
    {
        await WaitsAsync(sender, message, isDue: false);
        Assert.Null(await sender.PauseAsync());
        await _world.FaultsAsync();
        var other = await sender.QueueAsync(2);

        Assert.Equal(OutboxStatus.Sent, (await sender.SendUntilEndedAsync(other, 2)).Status);
        Assert.Equal(1, (await sender.SendUntilEndedAsync(message)).AttemptCount);
    }

    private async Task SlowsAsync(AccountWorld.Sender sender, string message)
    {
        await WaitsAsync(sender, message, isDue: false);
        Assert.Null(await sender.PauseAsync());
        await _world.FaultsAsync();

        Assert.Equal((OutboxStatus.Sent, 1), ((await sender.SendUntilEndedAsync(message)).Status, (int)(await sender.MessageAsync(message)).AttemptCount));
    }

    private static async Task WaitsAsync(AccountWorld.Sender sender, string message, bool isDue = true)
    {
        var waiting = await sender.MessageAsync(message);
        Assert.Equal((OutboxStatus.Queued, 0), (waiting.Status, (int)waiting.AttemptCount));
        Assert.True(!isDue || waiting.NextAttemptAt <= waiting.UpdateTime.AddSeconds(1), "it must be due as soon as the account may send");
    }

    private static DocumentFields Template() => new()
    {
        ["type"] = "template",
        ["template"] = FirestoreValue.From(new DocumentFields
        {
            ["name"] = "order_ready",
            ["language"] = FirestoreValue.From(new DocumentFields { ["code"] = "en_US" }),
        }),
    };

    private static FirestoreValue Past(int code) => FirestoreValue.From(new DocumentFields { ["code"] = $"{code}" });
}
