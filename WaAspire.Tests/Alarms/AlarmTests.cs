using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Alarms;
using WaAspire.Worker.Observability;

namespace WaAspire.Tests.Alarms;

/// <summary>Each alarm is made to happen, over real stores; only the clock that counts how long it has held is the test's.</summary>
public sealed class AlarmTests : IAsyncLifetime
{
    private static readonly TimeSpan _clear = new AlarmOptions().ClearAfter;
    private AlarmWorld _world = null!;

    public static TheoryData<string> Names => [.. AlarmTable.All.Select(alarm => alarm.Name)];

    public async Task InitializeAsync() => _world = await AlarmWorld.OpenAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task what_goes_wrong_is_told_once_it_has_lasted(string name)
    {
        var alarm = AlarmTable.All.Single(alarm => alarm.Name == name);
        await _world.TurnAsync();
        Assert.Empty(_world.Receiver.Told);

        await _world.BreakAsync(name);
        await _world.TurnAsync();
        if (alarm.For > TimeSpan.Zero)
        {
            await _world.TurnAsync(alarm.For - TimeSpan.FromSeconds(1));
            Assert.DoesNotContain($"{name} firing", _world.Receiver.Told);
            await _world.TurnAsync(TimeSpan.FromSeconds(1));
        }

        await _world.TurnAsync(TimeSpan.FromMinutes(1));
        var notice = Assert.Single(_world.Receiver.Notices, notice => notice.GetProperty("alarm").GetString() == name);
        Assert.Equal("firing", notice.GetProperty("state").GetString());
        Assert.Equal(alarm.Action, notice.GetProperty("action").GetString());
        Assert.True(notice.GetProperty("value").GetDouble() > notice.GetProperty("limit").GetDouble());
    }

    [Fact]
    public async Task what_is_over_is_taken_back_once_and_not_at_the_first_good_sign()
    {
        await _world.BreakAsync("QueueLength");
        await _world.TurnAsync();

        await _world.MendAsync();
        await _world.TurnAsync();
        await _world.BreakAsync("QueueLength");
        await _world.TurnAsync(_clear);
        Assert.Equal(["QueueLength firing"], _world.Receiver.Told);

        await _world.MendAsync();
        await _world.TurnAsync();
        await _world.TurnAsync(_clear);
        await _world.TurnAsync(_clear);
        Assert.Equal(["QueueLength firing", "QueueLength resolved"], _world.Receiver.Told);
    }

    [Fact]
    public async Task two_that_evaluate_at_once_tell_it_once()
    {
        var other = _world.LoopOf(_world.OtherWorker);
        await _world.OtherWorker.GetRequiredService<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await _world.BreakAsync("QueueLength");

        await Task.WhenAll(_world.Loop.LookAsync(CancellationToken.None), other.LookAsync(CancellationToken.None));
        await Task.WhenAll(_world.Loop.LookAsync(CancellationToken.None), other.LookAsync(CancellationToken.None));

        Assert.Single(_world.Receiver.Notices.Select(notice => notice.GetProperty("id").GetString()).Distinct());
        Assert.Single(_world.Receiver.Told);
    }

    [Fact]
    public async Task the_next_evaluator_does_not_repeat_what_was_told()
    {
        await _world.BreakAsync("QueueLength");
        await _world.TurnAsync();

        var next = _world.LoopOf(_world.OtherWorker);
        await next.LookAsync(CancellationToken.None);
        await next.LookAsync(CancellationToken.None);

        Assert.Equal(["QueueLength firing"], _world.Receiver.Told);
    }

    [Fact]
    public async Task a_notice_that_did_not_arrive_is_posted_again_also_by_the_next_evaluator()
    {
        _world.Receiver.Status = 500;
        await _world.BreakAsync("QueueLength");
        await _world.TurnAsync();
        await _world.TurnAsync();
        Assert.Equal((2, 0), (_world.Receiver.Refused, _world.Receiver.Notices.Count));

        _world.Receiver.Status = 200;
        var next = _world.LoopOf(_world.OtherWorker);
        await next.LookAsync(CancellationToken.None);
        Assert.Empty(_world.Receiver.Told);

        // The one that wrote it had two turns to tell it.
        _world.Time.Advance(new AlarmOptions().EvaluateEvery * 2);
        await next.LookAsync(CancellationToken.None);
        await _world.TurnAsync();

        Assert.Equal(["QueueLength firing"], _world.Receiver.Told);
    }

    [Fact]
    public async Task one_that_evaluates_knows_what_another_worker_finds_wrong_with_itself()
    {
        var other = _world.OtherWorker.GetRequiredService<InstanceDirectory>();
        _world.OtherWorker.GetRequiredService<OutboxGuard>().Report(OutboxAssertions.ProviderId, "alarm");
        other.Signs = _world.OtherWorker.GetRequiredService<WorkerSigns>().Now();
        await other.BeatAsync(CancellationToken.None);

        await _world.Worker.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);

        Assert.Equal([WorkerSigns.Violation], _world.Worker.GetRequiredService<InstanceDirectory>().SignsOfOthers);
    }

    [Fact]
    public void nobody_evaluates_unless_somebody_wants_to_know() => Assert.Null(_world.Worker.GetRequiredService<IOptions<AlarmOptions>>().Value.WebhookUrl);
}
