using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Firestore;

public sealed class ServerClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTime _time = new();

    [Fact]
    public void before_the_first_answer_there_is_no_time_to_tell()
    {
        Assert.Throws<InvalidOperationException>(() => new ServerClock(_time).Now);
    }

    [Fact]
    public void it_goes_on_from_the_last_answer()
    {
        var clock = new ServerClock(_time);
        clock.Observe(Noon);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(Noon.AddSeconds(3), clock.Now);
    }

    [Fact]
    public void an_answer_that_was_overtaken_does_not_turn_it_back()
    {
        var clock = new ServerClock(_time);
        clock.Observe(Noon);
        _time.Advance(TimeSpan.FromSeconds(3));
        clock.Observe(Noon.AddSeconds(1));

        Assert.Equal(Noon.AddSeconds(3), clock.Now);
    }

    [Fact]
    public void it_jumps_forward_after_a_suspension_that_the_local_clock_did_not_count()
    {
        var clock = new ServerClock(_time);
        clock.Observe(Noon);
        clock.Observe(Noon.AddHours(1));

        Assert.Equal(Noon.AddHours(1), clock.Now);
    }

    [Fact]
    public void a_local_clock_that_runs_fast_is_corrected_without_running_backwards()
    {
        var clock = new ServerClock(_time);
        clock.Observe(Noon);
        _time.Advance(TimeSpan.FromMinutes(10));
        var ahead = clock.Now;
        clock.Observe(Noon.AddMinutes(9));

        Assert.Equal(ahead, clock.Now);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(Noon.AddMinutes(9).AddSeconds(61), clock.Now);
    }
}
