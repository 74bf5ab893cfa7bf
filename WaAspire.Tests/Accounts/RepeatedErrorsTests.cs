using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Accounts;

public sealed class RepeatedErrorsTests
{
    private readonly ManualTime _time = new();
    private readonly AccountPauseOptions _options = new() { RepeatedErrors = 3 };

    [Fact]
    public void a_row_is_complete_once_and_then_begins_anew()
    {
        var repeated = new RepeatedErrors(Options.Create(_options), _time);

        Assert.Equal([false, false, true, false, false, true], Enumerable.Range(0, 6).Select(_ => repeated.Add("account", "100")));
    }

    [Fact]
    public void errors_of_others_and_of_other_times_are_no_row()
    {
        var repeated = new RepeatedErrors(Options.Create(_options), _time);
        repeated.Add("account", "100");
        repeated.Add("account", "100");

        Assert.False(repeated.Add("another", "100"));
        _time.Advance(_options.RepeatedWithin + TimeSpan.FromSeconds(1));
        Assert.False(repeated.Add("account", "100"));
    }
}
