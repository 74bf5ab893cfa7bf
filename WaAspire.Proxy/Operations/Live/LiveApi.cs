using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Operations.Live;

/// <summary>
/// <c>GET /ops/events</c>, for employees, as <c>text/event-stream</c>: <c>hello</c> {role, email} once, then <c>overview</c> (the worker's
/// <c>/internal/overview</c>, as this role may see it) or <c>trouble</c> {error, message} every few seconds. Employees have no
/// codes to scan, no accounts of the super-admin's and no dead letters in it. The stream ends after a while, so that token and role are asked anew.
/// </summary>
internal static class LiveApi
{
    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapGet("/events", EventsAsync);

    private static async Task<IResult> EventsAsync(
        HttpContext http, EmployeeGate gate, StaffDirectory staff, WorkerClient worker, LiveListeners listeners, IHostApplicationLifetime lifetime, IOptions<LiveOptions> options, TimeProvider time)
    {
        var admission = await gate.AdmitAsync(http.Request, http.RequestAborted);
        if (admission is Admission.Denied denied)
        {
            return denied.Refusal;
        }

        if (worker.Missing is { } missing)
        {
            return missing;
        }

        var caller = ((Admission.Granted)admission).Caller;
        if (listeners.Join(staff.IsSuperAdmin(caller)) is not { } listener)
        {
            return Refusal.TooManyPages(options.Value.RetryAfter);
        }

        // However the request ends, also before the first event.
        http.Response.RegisterForDispose(listener);
        var hello = JsonSerializer.Serialize(new { role = listener.IsSuperAdmin ? "super-admin" : "employee", email = caller.Email });
        return TypedResults.ServerSentEvents(StreamAsync(hello, listener, lifetime, options.Value.StreamFor, time, http.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<string>> StreamAsync(
        string hello, LiveListener listener, IHostApplicationLifetime lifetime, TimeSpan streamFor, TimeProvider time, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var enough = new CancellationTokenSource(streamFor, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, aborted, enough.Token);
        yield return new SseItem<string>(hello, "hello");
        while (await listener.NextAsync(any.Token) is { } item)
        {
            yield return item;
        }
    }
}
