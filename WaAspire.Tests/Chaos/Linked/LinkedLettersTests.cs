using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>A kill excuses the loss of the letter that was in the gateway's hands, and of no other.</summary>
public sealed class LinkedLettersTests
{
    private static readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void a_kill_explains_the_last_letter_that_was_confirmed_before_the_socket_closed() =>
        Assert.Equal(["b"], InFlight([("1", 10)], [Login("1", 0), Closed("1", 11), Login("1", 20)], Letter("a", "1", 8), Letter("b", "1", 10.5), Letter("c", "1", 21), Letter("x", "2", 10)));

    [Fact]
    public void of_an_account_that_was_away_already_it_explains_the_last_one_before_the_kill() =>
        Assert.Equal(["a"], InFlight([("1", 10)], [Login("1", 0), Closed("1", 9), Login("1", 20), Closed("1", 30)], Letter("a", "1", 8), Letter("b", "1", 25)));

    [Fact]
    public void two_kills_explain_two_and_no_kill_explains_none()
    {
        ConfirmedLetter[] letters = [Letter("a", "1", 8), Letter("b", "1", 9), Letter("c", "1", 19)];

        Assert.Equal(["b", "c"], InFlight([("1", 10), ("1", 20)], [Login("1", 0), Closed("1", 10), Login("1", 12), Closed("1", 20)], letters));
        Assert.Empty(InFlight([], [Login("1", 0)], letters));
    }

    private static IEnumerable<string> InFlight((string Phone, double At)[] kills, Coming[] comings, params ConfirmedLetter[] confirmed) =>
        LinkedLetters.InFlight(confirmed, kills.Select(kill => (kill.Phone, At(kill.At))), comings).Order();

    private static ConfirmedLetter Letter(string id, string phone, double at) => new(id, phone, (long)(at * 10), At(at));

    private static Coming Login(string phone, double at) => new(phone, true, 0, At(at));

    private static Coming Closed(string phone, double at) => new(phone, false, 0, At(at));

    private static DateTimeOffset At(double seconds) => _start + TimeSpan.FromSeconds(seconds);
}
