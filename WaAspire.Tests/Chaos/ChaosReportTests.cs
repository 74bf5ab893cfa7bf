using WaAspire.Tests.Chaos.Linked;

namespace WaAspire.Tests.Chaos;

/// <summary>What the report says of a run is what the run's end says, and no figure passes unseen.</summary>
public sealed class ChaosReportTests
{
    private static readonly Waits _soon = new(10, TimeSpan.FromSeconds(0.5), 0);
    private static readonly Takeovers _takeovers = new(new TakeoverTimes(_soon, new Waits(0, default, 0)), new TakeoverTimes(_soon, _soon), Away(TimeSpan.FromSeconds(0.5), 0), Away(TimeSpan.FromSeconds(70), 0));
    private static readonly ChaosResult _good = new(
        new ChaosPlan(1, TimeSpan.FromMinutes(1), 1, 1) { IsReported = true },
        [Phase("Hold", 9, 4), Phase("ResendAfterSilence", 9, 4) with { OnPurpose = 2 }, Phase(PhaseResult.Takeover, 9, 0)],
        [new Trouble("workers", "a worker is killed with -9", 'K', default, TimeSpan.FromSeconds(1))],
        TimeSpan.FromMinutes(2), 3, null, [Away(TimeSpan.FromSeconds(70), 0)], _takeovers, 0);

    [Fact]
    public void a_good_run_is_kept_and_misses_nothing()
    {
        Assert.Empty(_good.Broken);
        Assert.Equal("All promises held.", ChaosReport.Sentence(_good));
        Assert.Contains("at commit abc123;", ChaosReport.Markdown(_good, "./chaos.sh 1", "abc123"), StringComparison.Ordinal);
    }

    [Fact]
    public void a_figure_that_is_too_long_and_one_that_was_not_measured_are_missed_and_break_no_promise()
    {
        var slow = With(new TakeoverTimes(new Waits(10, TimeSpan.FromSeconds(5.1), 0), new Waits(0, default, 0)));

        Assert.Empty(slow.Broken);
        Assert.Equal("All promises held; 2 of 5 figures missed (see \"Takeover\").", ChaosReport.Sentence(slow));
        Assert.Contains("| ≤ 5 s | 5.10 s **(missed)** | 10 threads |", ChaosReport.Markdown(slow, "", null), StringComparison.Ordinal);
        Assert.Contains("| ≤ 80 s | nothing to measure **(missed)** | 0 attempts |", ChaosReport.Markdown(slow, "", null), StringComparison.Ordinal);
    }

    [Fact]
    public void what_never_comes_back_is_shown_and_breaks_a_promise()
    {
        var attempts = With(new TakeoverTimes(_soon, new Waits(4, TimeSpan.FromSeconds(3), 1)));
        var accounts = _good with { Takeovers = _takeovers with { SessionsKill = Away(default, 2) } };

        Assert.Contains("3.00 s, 1 never came back **(missed)**", ChaosReport.Markdown(attempts, "", null), StringComparison.Ordinal);
        Assert.Contains("2 never came back **(missed)** | 2 accounts", ChaosReport.Markdown(accounts, "", null), StringComparison.Ordinal);
        Assert.False(attempts.IsKept || accounts.IsKept || (_good with { Absences = [Away(default, 2)] }).IsKept);
    }

    [Fact]
    public void a_run_that_proves_nothing_is_not_kept()
    {
        Assert.Equal(["Hold: Cloud API accounts delivered nothing"], Replaced(Phase("Hold", 4, 4)).Broken);
        Assert.Equal(["Hold: QR-paired accounts delivered nothing"], Replaced(Phase("Hold", 4, 0)).Broken);
        Assert.Equal(["takeover: 1 failed with nothing wrong"], (_good with { Phases = [.. _good.Phases.Take(2), Failed(_good.Phases[2])] }).Broken);
        Assert.Equal(["the duplicate on purpose did not show"], (_good with { Phases = [.. _good.Phases.Select(phase => phase with { OnPurpose = Math.Min(phase.OnPurpose, 1) })] }).Broken);
        Assert.Equal(["1 accepted by WhatsApp when all was judged, or from nobody's number"], (_good with { Unjudged = 1 }).Broken);
        Assert.Equal(["nothing went wrong"], (_good with { Troubles = [] }).Broken);
    }

    [Fact]
    public void without_node_the_report_says_that_qr_paired_accounts_did_not_take_part()
    {
        var without = _good with { Linked = 0, Missing = "there is no Node", Phases = [.. _good.Phases.Select(phase => phase with { LinkedDelivered = 0 })], Absences = [], Takeovers = _takeovers with { SessionsKill = null, SessionsTerm = null } };

        Assert.Empty(without.Broken);
        Assert.Equal("All promises held.", ChaosReport.Sentence(without));
        Assert.Contains("No accounts that are paired by QR code took part: there is no Node.", ChaosReport.Markdown(without, "", null), StringComparison.Ordinal);
        Assert.Contains("Accounts that are paired by QR code did not take part, so that nothing", ChaosReport.Markdown(without, "", null), StringComparison.Ordinal);
    }

    [Fact]
    public void the_median_of_an_even_number_lies_halfway() =>
        Assert.Equal([2, 2.5, 7], new double[][] { [1, 2, 3], [1, 2, 3, 4], [7] }.Select(SessionReport.Median));

    private static ChaosResult With(TakeoverTimes kill) => _good with { Takeovers = _takeovers with { Kill = kill } };

    private static ChaosResult Replaced(PhaseResult first) => _good with { Phases = [first, .. _good.Phases.Skip(1)] };

    private static PhaseResult Failed(PhaseResult phase) => phase with { Verdict = phase.Verdict with { Accepted = phase.Verdict.Accepted + 1, Failed = 1 } };

    private static PhaseResult Phase(string name, int delivered, int linked) => new(
        name, default, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40), new Verdict { Accepted = delivered, Delivered = delivered }, 0, 0, null, null, 0, linked, 0, []);

    private static Absence Away(TimeSpan longest, int missing) => new(new SessionsEnd("chaos-1-", SessionsEnd.Kill, IsGateway: false, DateTimeOffset.UnixEpoch), Math.Max(2, missing), longest, missing);
}
