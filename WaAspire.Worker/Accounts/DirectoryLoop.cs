using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Time;

namespace WaAspire.Worker.Accounts;

/// <summary>Keeps the two directories fresh on a loop of their own, so that slow work cannot make a living worker look dead.</summary>
public sealed class DirectoryLoop(
    AccountDirectory accounts, InstanceDirectory instances, ResilientLanes lanes, IOptions<AccountOptions> options, TimeProvider time, ILogger<DirectoryLoop> logger)
    : BackgroundService
{
    private long _refreshed;
    private long _lookedAround;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await instances.LeaveAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is FirestoreException or OperationCanceledException)
        {
            // The heartbeat grows old by itself; leaving only saves the others the wait.
            logger.StoreUnreachable("leave", exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await LoopTurn.RunAsync("directories", () => LookAsync(stoppingToken), logger, stoppingToken);
            await Pause.ForAsync(options.Value.HeartbeatEvery, time, stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await instances.BeatAsync(cancellationToken);
        if (IsDue(_refreshed, options.Value.RefreshEvery))
        {
            await accounts.RefreshAsync(cancellationToken);
            _refreshed = time.GetTimestamp();
        }

        // Who lives decides who takes what only while Redis cannot.
        if (!lanes.IsShared || IsDue(_lookedAround, options.Value.InstancesEvery))
        {
            await instances.LookAroundAsync(cancellationToken);
            _lookedAround = time.GetTimestamp();
        }
    }

    private bool IsDue(long last, TimeSpan every) => last == 0 || time.GetElapsedTime(last) >= every;
}
