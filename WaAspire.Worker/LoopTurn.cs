using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker;

/// <summary>One turn of a loop that must go on whatever happens in it.</summary>
internal static class LoopTurn
{
    /// <param name="loop">Its name in the log.</param>
    /// <param name="turn">What it does.</param>
    /// <param name="logger">Of the loop.</param>
    /// <param name="stoppingToken">Ends the loop, which asks it before the next turn.</param>
    /// <returns>Whether the turn was done: not when the store gave no answer, a bug showed, or the loop is told to end.</returns>
    public static async Task<bool> RunAsync(string loop, Func<Task> turn, ILogger logger, CancellationToken stoppingToken)
    {
        try
        {
            await turn();
            return true;
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable(loop, exception.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The loop sees it too.
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug must not end the loop, and with it the worker: it is named, and the loop goes on.
            logger.LoopFailed(loop, exception);
        }

        return false;
    }
}
