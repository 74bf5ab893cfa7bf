using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>Runs a call with the faults that are switched on around it: late, refused, or applied and never answered.</summary>
internal sealed class FaultGate(Faults faults, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<FaultGate> log)
{
    /// <param name="apply">Takes the token that ends its waiting: the caller's, or the emulator's own once the caller is cut off.</param>
    public async Task RunAsync(
        HttpContext context, string operation, ReadOnlyMemory<byte> body, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> apply)
    {
        if (faults.Delay() is var delay && delay > TimeSpan.Zero)
            await Task.Delay(delay, time, context.RequestAborted);
        if (faults.TakeFailure(operation, body) is { } code)
            throw new RpcException(code, "This failure was switched on from outside.");

        if (faults.TakeLostReply(operation, body) is { } lost)
        {
            await LoseAsync(context, lost, apply);
            return;
        }

        var answer = await apply(context.RequestAborted);
        context.Response.ContentType = "application/json; charset=UTF-8";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private async Task LoseAsync(HttpContext context, LostReply lost, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> apply)
    {
        if (lost.AppliesAfter is { } delay)
        {
            // The caller is cut off while its request still travels; only the emulator's own end stops it.
            context.Abort();
            await Task.Delay(delay, time, lifetime.ApplicationStopping);
        }

        if (!lost.BeforeApply)
            await ApplyAsync(apply);
        context.Abort();
    }

    private async Task ApplyAsync(Func<CancellationToken, Task<ReadOnlyMemory<byte>>> apply)
    {
        try
        {
            await apply(lifetime.ApplicationStopping);
        }
        catch (Exception refused) when (refused is RpcException or AuthException)
        {
            // Nobody is there to be told; the log says why a lost call changed nothing.
            log.LostCallRefused(refused is RpcException rpc ? rpc.Code.Name() : refused.Message);
        }
    }
}
