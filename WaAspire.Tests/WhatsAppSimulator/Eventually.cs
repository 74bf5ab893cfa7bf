namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>Asks again until the answer is right. Only the failing case waits for long.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> right)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (right(answer)) return answer;
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"still {answer}");
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }
}
