using WaAspire.WhatsAppSimulator.CloudApi;

namespace WaAspire.WhatsAppSimulator.Faults;

/// <summary>
/// Stands between a valid request and its acceptance, and lets a fault decide on which side of the acceptance the
/// connection breaks. A caller that sees a break cannot know the side; the accepted log does.
/// </summary>
internal sealed class FaultyEndpoint(FaultPlan plan, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan DefaultHang = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefaultSlow = TimeSpan.FromSeconds(1);

    public Task LatencyAsync(CancellationToken cancellation) =>
        plan.Latency is var latency && latency > TimeSpan.Zero ? WaitAsync(latency, cancellation) : Task.CompletedTask;

    public async Task<(RequestOutcome, IResult)> RunAsync(
        HttpContext http, SendRequest request, Func<(RequestOutcome, IResult)> accept)
    {
        var fault = plan.TakeForRequest(new(request.PhoneNumberId, request.To, request.Opaque, request.Json, request.Text));
        if (fault is null) return accept();
        var (outcome, result) = await ActAsync(fault, http, accept);
        return (outcome with { Fault = fault.Kind, Request = request }, result);
    }

    private async Task<(RequestOutcome, IResult)> ActAsync(Fault fault, HttpContext http, Func<(RequestOutcome, IResult)> accept)
    {
        switch (fault.Kind)
        {
            case FaultKinds.Error:
                var error = Error(fault);
                return (new RequestOutcome("error", error.HttpStatus, error.Code), error.ToResult());
            case FaultKinds.Http:
                return Bare(fault.HttpStatus ?? StatusCodes.Status502BadGateway);
            case FaultKinds.Hang:
                await WaitAsync(fault.For ?? DefaultHang, http.RequestAborted);
                return Drop(http);
            case FaultKinds.Slow:
                await WaitAsync(fault.For ?? DefaultSlow, http.RequestAborted);
                return http.RequestAborted.IsCancellationRequested ? Drop(http) : accept();
            case FaultKinds.Drop:
                return Drop(http);
            case FaultKinds.AcceptThenDrop:
                return AfterAccepting(http, accept());
            case FaultKinds.AcceptThenHttp:
                var unheard = accept().Item1 with { Answer = "acceptedUnanswered", HttpStatus = fault.HttpStatus ?? StatusCodes.Status502BadGateway };
                return (unheard, Bare(unheard.HttpStatus.Value).Item2);
            case FaultKinds.AcceptThenHang:
                var hung = accept();
                await WaitAsync(fault.For ?? DefaultHang, http.RequestAborted);
                return AfterAccepting(http, hung);
            case FaultKinds.AcceptThenSlow:
                var late = accept();
                await WaitAsync(fault.For ?? DefaultSlow, http.RequestAborted);
                return Answer(http, late);
            case FaultKinds.AcceptAfter:
                // Not the request's token: the point is that the caller may be gone.
                await WaitAsync(fault.For ?? DefaultSlow, CancellationToken.None);
                return Answer(http, accept());
            default:
                throw new InvalidOperationException($"Fault kind {fault.Kind} passed validation but is not implemented.");
        }
    }

    private static GraphError Error(Fault fault)
    {
        var error = new GraphError(fault.Code!.Value, "Injected by the simulator.") { Message = fault.Message, Subcode = fault.Subcode };
        return fault.HttpStatus is { } status ? error with { HttpStatus = status } : error;
    }

    private static (RequestOutcome, IResult) Bare(int status) =>
        (new RequestOutcome("http", status), Results.Text("<html><body>upstream error</body></html>", "text/html", statusCode: status));

    private static (RequestOutcome, IResult) Drop(HttpContext http)
    {
        http.Abort();
        return (new RequestOutcome("dropped"), Results.Empty);
    }

    private static (RequestOutcome, IResult) Answer(HttpContext http, (RequestOutcome, IResult) accepted) =>
        http.RequestAborted.IsCancellationRequested ? AfterAccepting(http, accepted) : accepted;

    private static (RequestOutcome, IResult) AfterAccepting(HttpContext http, (RequestOutcome Outcome, IResult Result) accepted)
    {
        http.Abort();
        return (accepted.Outcome with { Answer = "acceptedUnanswered", HttpStatus = null }, Results.Empty);
    }

    /// <summary>Ends early, without an exception, when the caller leaves or the process stops.</summary>
    private async Task WaitAsync(TimeSpan duration, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        await Task.Delay(duration, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
