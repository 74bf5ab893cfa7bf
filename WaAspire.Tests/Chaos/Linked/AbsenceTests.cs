using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>The clock of the report counts what it says it counts.</summary>
public sealed class AbsenceTests
{
    private static readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch;
    private static readonly Dictionary<string, string> _phones = new() { ["a"] = "1", ["b"] = "2" };

    [Fact]
    public void an_account_of_the_dead_worker_is_away_until_it_logs_in_again()
    {
        var absence = Judge([Owner("a", "chaos-1-x", 0), Owner("b", "chaos-2-x", 0)], [Login("1", 1), Login("2", 1), Closed("1", 10), Closed("2", 11), Login("2", 12), Login("1", 75), Login("1", 90)]);

        Assert.Equal((1, TimeSpan.FromSeconds(65), 0), (absence.Accounts, absence.Longest, absence.Missing));
    }

    [Fact]
    public void one_that_was_away_already_or_has_moved_does_not_count()
    {
        var absence = Judge([Owner("a", "chaos-1-x", 0), Owner("b", "chaos-1-x", 0), Owner("b", "chaos-3-x", 8)], [Login("1", 1), Closed("1", 5), Login("2", 9), Login("1", 20)]);

        Assert.Equal(0, absence.Accounts);
    }

    [Fact]
    public void one_that_never_comes_back_is_missing() =>
        Assert.Equal((2, 1), Judge([Owner("a", "chaos-1-x", 0), Owner("b", "chaos-1-x", 0)], [Login("1", 1), Login("2", 2), Closed("2", 11), Login("1", 20)]) is var absence ? (absence.Accounts, absence.Missing) : default);

    [Fact]
    public void one_whose_socket_stays_was_another_workers_already() =>
        Assert.Equal(0, Judge([Owner("a", "chaos-1-x", 0)], [Login("1", 1)]).Accounts);

    [Fact]
    public void one_whose_old_socket_ended_when_the_new_one_was_open_was_connected() =>
        Assert.Equal(1, Judge([Owner("a", "chaos-1-x", 0)], [Login("1", 1), Login("1", 2), Closed("1", 3) with { Others = 1 }, Closed("1", 11), Login("1", 20)]).Accounts);

    private static Absence Judge(SeenOwner[] owners, Coming[] comings) =>
        Absence.Of(new SessionsEnd("chaos-1-", SessionsEnd.Kill, IsGateway: false, At(10)), _phones, owners, comings);

    private static SeenOwner Owner(string account, string instance, int at) => new(account, instance, At(at));

    private static Coming Login(string phone, int at) => new(phone, true, 0, At(at));

    private static Coming Closed(string phone, int at) => new(phone, false, 0, At(at));

    private static DateTimeOffset At(int seconds) => _start + TimeSpan.FromSeconds(seconds);
}
