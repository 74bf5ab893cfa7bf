using System.Globalization;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Sending;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// Keeps this worker's gateway running, from the first Baileys account on. What is missing for it is said in one line, and
/// the worker serves all other accounts. A gateway that dies, or gives no answer, is started again, later each time in a row;
/// its sessions are opened anew under the same terms.
/// </summary>
public sealed class GatewayLoop(
    AccountDirectory accounts,
    InstanceDirectory instances,
    OwnedAccounts owned,
    SessionKeyRing ring,
    IOptions<SessionKeyOptions> sessions,
    GatewayDoor door,
    GatewayClient client,
    IOptions<GatewayOptions> options,
    Random chance,
    TimeProvider time,
    ILogger<GatewayLoop> logger)
    : BackgroundService
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _stable = TimeSpan.FromMinutes(5);
    private readonly GatewayOptions _options = options.Value;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!accounts.All.Any(account => account.Provider != AccountFields.CloudApi))
        {
            await Pause.ForAsync(_lookEvery, time, stoppingToken);
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }

        if (await FindProgramAsync(stoppingToken) is not { } program)
        {
            return;
        }

        for (var deaths = 0; !stoppingToken.IsCancellationRequested; deaths++)
        {
            var started = time.GetTimestamp();
            try
            {
                using var spool = GatewaySpool.Take(_options.Spool);
                await RunAsync(program, spool, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // No folder, no process, or a bug: it must not end the worker, which serves other accounts as well.
                logger.LoopFailed("gateway", exception);
            }

            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            deaths = time.GetElapsedTime(started) >= _stable ? 0 : deaths;
            logger.GatewayEnded(deaths + 1);
            await Pause.ForAsync(RetrySchedule.Next(deaths + 1, _options.RestartBase, _options.RestartCap, 0.5 + (chance.NextDouble() / 2)), time, stoppingToken);
        }
    }

    /// <summary>Looks again for what is missing: somebody may install it, and a machine that was too busy to answer may have found the time. Null: we are told to end.</summary>
    private async Task<GatewayProgram?> FindProgramAsync(CancellationToken stoppingToken)
    {
        for (string? said = null; !stoppingToken.IsCancellationRequested;)
        {
            var (program, missing) = ring.IsEmpty ? (null, "WA_SESSION_KEYS is not set") : await GatewayProgram.FindAsync(_options, time, stoppingToken);
            if (program is not null)
            {
                return program;
            }

            if (said != missing)
            {
                logger.GatewayMissing(said = missing!);
            }

            await Pause.ForAsync(_options.FindEvery, time, stoppingToken);
        }

        return null;
    }

    /// <summary>One run, until it dies or we are told to end it.</summary>
    private async Task RunAsync(GatewayProgram program, GatewaySpool spool, CancellationToken stoppingToken)
    {
        using var gateway = GatewayProcess.Start(program, Settings(spool), logger);
        using var run = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            var stopped = Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken);
            var late = Task.Delay(_options.StartTimeout, time, stoppingToken);
            if (await Task.WhenAny(gateway.Port, gateway.Exited, late) != gateway.Port || !gateway.Port.IsCompletedSuccessfully)
            {
                return;
            }

            client.Attach(await gateway.Port, door.Token);
            instances.HasGateway = true;
            logger.GatewayListens(gateway.Id);
            await Task.WhenAny(gateway.Exited, stopped, SilenceAsync(run.Token));
        }
        finally
        {
            await run.CancelAsync();
            client.Detach();
            instances.HasGateway = false;
            foreach (var held in owned.All)
            {
                (held.IsOpened, held.IsConnected) = (false, false);
            }

            await gateway.EndAsync(_options.EndTimeout, time);
        }
    }

    /// <summary>
    /// One that lives and answers nothing would keep its accounts for ever: their leases are renewed here. By now its sockets have
    /// ended by the deadlines that it heard last, or belong to nobody who could use them.
    /// </summary>
    private async Task SilenceAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (client.SilentFor >= _options.SilenceMax)
            {
                logger.GatewaySilent(client.SilentFor);
                return;
            }

            await Pause.ForAsync(_lookEvery, time, cancellationToken);
        }
    }

    private Dictionary<string, string?> Settings(GatewaySpool spool) => new()
    {
        ["WA_WEB_SOCKET_URL"] = _options.WebSocketUrl,
        ["GATEWAY_OPTIONS"] = _options.Settings,
        ["PORT"] = 0.ToString(CultureInfo.InvariantCulture),
        ["GATEWAY_TOKEN"] = door.Token,
        ["WORKER_URL"] = door.Url,
        ["GATEWAY_SPOOL"] = spool.Folder,
        ["GATEWAY_KEYS"] = sessions.Value.Keys!,
    };
}
