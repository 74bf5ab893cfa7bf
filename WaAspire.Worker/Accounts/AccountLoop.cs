using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Pacing;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Looks after accounts that do not send, from memory: gives the permit to try a provider that was down, to one worker at
/// a time, and tidies pauses away whose time has passed. The gate opens by itself at that time, so that losing this loop
/// costs visibility only; one worker does the tidying, and the others only if it has not.
/// </summary>
public sealed class AccountLoop(
    AccountDirectory accounts,
    AccountPauses pauses,
    SendGate gate,
    IPacing pacing,
    ILanes lanes,
    InstanceDirectory instances,
    WorkerMetrics metrics,
    ServerClock clock,
    Random chance,
    IOptions<PacingOptions> pace,
    IOptions<AccountOptions> options,
    TimeProvider time,
    ILogger<AccountLoop> logger)
    : BackgroundService
{
    private const double ProbeJitter = 0.25;
    private const string ByTime = "time";

    /// <summary>One turn: every account that waits.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await TidyNewContactsAsync(cancellationToken);
        foreach (var account in accounts.All.Where(account => account.IsPaused).OrderBy(account => account.Id, StringComparer.Ordinal).ToList())
        {
            if (account.WaitsForProvider)
            {
                await ProbeAsync(account);
            }
            else if (account.Pause?.Until is { } until && until <= clock.Now - (IsMine(account) ? TimeSpan.Zero : options.Value.TidyAfter))
            {
                await pauses.ResumeAsync(account.Id, ByTime, pause => pause.Until <= clock.Now, cancellationToken);
                await accounts.ReadAsync(account.Id, cancellationToken);
            }
        }
    }

    /// <summary>A restriction whose time has passed is tidied away; messages to strangers go out at that time by themselves.</summary>
    private async Task TidyNewContactsAsync(CancellationToken cancellationToken)
    {
        foreach (var account in accounts.All.Where(account => account.NewContacts?.Until is { } until && until <= clock.Now - (IsMine(account) ? TimeSpan.Zero : options.Value.TidyAfter)).ToList())
        {
            await pauses.ResumeNewContactsAsync(account.Id, ByTime, pause => pause.Until <= clock.Now, cancellationToken);
            await accounts.ReadAsync(account.Id, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.ObservePaused(Paused);
        while (!stoppingToken.IsCancellationRequested)
        {
            await LoopTurn.RunAsync("paused accounts", () => LookAsync(stoppingToken), logger, stoppingToken);
            await Pause.ForAsync(options.Value.PausedRecheck * (0.8 + (0.4 * chance.NextDouble())), time, stoppingToken);
        }
    }

    private async Task ProbeAsync(Account account)
    {
        if (await pacing.TryProbeAsync(account.Id, pace.Value.ProbeEvery * (1 + (ProbeJitter * chance.NextDouble()))))
        {
            gate.AllowProbe(account.Id);
            await lanes.WakeAsync(account.Id);
        }
    }

    private bool IsMine(Account account) => instances.IsMine(new Lane(account.Id, AccountFields.SendPaused));

    /// <summary>How many accounts do not send, by reason; <c>not_connected</c> for those that wait for their session.</summary>
    private IEnumerable<Measurement<int>> Paused() => accounts.All
        .Where(account => !accounts.MaySend(account))
        .GroupBy(account => account.IsPaused ? AccountMetrics.Tag(account.Pause?.Reason ?? "") : "not_connected")
        .Select(group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("reason", group.Key)));
}
