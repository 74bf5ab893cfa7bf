using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Time;

namespace WaAspire.Worker.Accounts;

/// <summary>Keeps the two directories fresh on a loop of their own, so that slow work cannot make a living worker look dead.</summary>
public sealed class DirectoryLoop(
    AccountDirectory accounts, InstanceDirectory instances, IOptions<AccountOptions> options, TimeProvider time, ILogger<DirectoryLoop> logger)
    : BackgroundService
{
    private long _refreshed;

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
            try
            {
                if (_refreshed == 0 || time.GetElapsedTime(_refreshed) >= options.Value.RefreshEvery)
                {
                    await accounts.RefreshAsync(stoppingToken);
                    _refreshed = time.GetTimestamp();
                }

                await instances.BeatAsync(stoppingToken);
            }
            catch (FirestoreException exception)
            {
                logger.StoreUnreachable("directories", exception.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A bug must not end the loop, and with it the worker: it is named, and the loop goes on.
                logger.LoopFailed("directories", exception);
            }

            await Pause.ForAsync(options.Value.HeartbeatEvery, time, stoppingToken);
        }
    }
}
