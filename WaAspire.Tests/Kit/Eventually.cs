using System.Diagnostics;

namespace WaAspire.Tests.Kit;

/// <summary>Waits for a fact about another process. The limit is generous and only bounds a failing test; no test is right because of it.</summary>
public static class Eventually
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(25);

    public static Task IsTrueAsync(Func<Task<bool>> condition, string fact, TimeSpan? limit = null) =>
        GetAsync(async () => await condition() ? fact : null, fact, limit);

    public static async Task<T> GetAsync<T>(Func<Task<T?>> read, string fact, TimeSpan? limit = null)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await read() is { } found)
            {
                return found;
            }

            Assert.True(watch.Elapsed < (limit ?? _limit), $"Not within {limit ?? _limit}: {fact}");
            await Task.Delay(_pause, TimeProvider.System);
        }
    }
}
