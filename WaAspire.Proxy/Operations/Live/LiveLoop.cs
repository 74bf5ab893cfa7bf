using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Time;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;
using WaAspire.Proxy.Threads;

namespace WaAspire.Proxy.Operations.Live;

/// <summary>
/// The one reader behind all open pages. Enters: a worker's look at the fleet, every few seconds while a page is open and never
/// otherwise. Leaves: the same news to all, less for employees. If we die, pages come back and the next proxy reads for them.
/// </summary>
internal sealed class LiveLoop(
    WorkerClient worker, LiveListeners listeners, AdminOnlyAccounts adminOnly, IOptions<StaffOptions> staff, IOptions<LiveOptions> options, TimeProvider time, ILogger<LiveLoop> logger)
    : BackgroundService
{
    private const string Overview = "/internal/overview";
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await listeners.SomebodyAsync(stoppingToken);
                listeners.Publish(await LookAsync(stoppingToken));
                await Pause.ForAsync(options.Value.ReadEvery, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task<LiveNews> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await worker.CallAsync(HttpMethod.Get, Overview, default, mayRepeat: true, cancellationToken) switch
            {
                WorkerAnswer.Answered { Status: StatusCodes.Status200OK } answered => new LiveNews(
                    "overview",
                    answered.Body.GetRawText(),
                    listeners.HasEmployees ? LiveView.ForEmployees(answered.Body, staff.Value.AdminPhone, await adminOnly.IdsAsync(cancellationToken)) : null),
                WorkerAnswer.None none => Trouble(none.Refusal),
                _ => Trouble(Refusal.FleetUnseen),
            };
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable(exception.Status.ToString());
            return Trouble(Refusal.FleetUnseen);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug must not leave every page without news for good: it is named, and the loop goes on.
            logger.RequestFailed(exception);
            return Trouble(Refusal.Internal);
        }
    }

    private static LiveNews Trouble(Refusal refusal)
    {
        var text = JsonSerializer.Serialize(new { refusal.Error, refusal.Message }, _json);
        return new LiveNews("trouble", text, text);
    }
}
