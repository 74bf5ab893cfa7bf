using System.Diagnostics;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Kit;

/// <summary>Waits for a fact about another process. The limit is generous and only bounds a failing test; no test is right because of it.</summary>
public static class Eventually
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(25);

    /// <param name="condition">Asked again and again.</param>
    /// <param name="fact">What is waited for.</param>
    /// <param name="limit">A minute where none is given.</param>
    /// <param name="instead">What there is when the time is up: told with the failure.</param>
    public static Task IsTrueAsync(Func<Task<bool>> condition, string fact, TimeSpan? limit = null, Func<Task<string>>? instead = null) =>
        GetAsync(async () => await condition() ? fact : null, fact, limit, instead);

    public static async Task<T> GetAsync<T>(Func<Task<T?>> read, string fact, TimeSpan? limit = null, Func<Task<string>>? instead = null)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            Exception? outage = null;
            try
            {
                if (await read() is { } found)
                {
                    return found;
                }
            }
            catch (Exception exception) when (exception is FirestoreException or HttpRequestException)
            {
                // Whoever knows the fact does not answer now: it may still become true.
                outage = exception;
            }

            if (watch.Elapsed >= (limit ?? _limit))
            {
                Assert.Fail($"Not within {limit ?? _limit}: {fact} {outage?.Message}{(instead is null ? "" : await instead())}");
            }

            await Task.Delay(_pause, TimeProvider.System);
        }
    }
}
