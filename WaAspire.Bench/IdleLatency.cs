namespace WaAspire.Bench;

/// <summary>How long after the proxy's answer an idle system has handed the message to the provider: a wake-up, not the sweep.</summary>
internal static class IdleLatency
{
    public static async Task MeasureAsync(BenchSystem system, int messages)
    {
        await system.OpenThreadsAsync(1);
        var after = 0L;
        var latencies = new List<double>();
        for (var i = 0; i < messages; i++)
        {
            await system.SendAsync(1, $"idle {i}");
            var answered = TimeProvider.System.GetUtcNow();
            var accepted = await NextAsync(system, after);
            after = accepted.Sequence;
            latencies.Add((accepted.At - answered).TotalMilliseconds);
        }

        var first = latencies[0];
        latencies.Sort();
        Console.WriteLine(
            $"idle: from the proxy's answer until the provider has the message, {messages} messages: first {first:F0} ms, median {latencies[latencies.Count / 2]:F0} ms, " +
            $"longest {latencies[^1]:F0} ms");
    }

    private static async Task<(long Sequence, DateTimeOffset At)> NextAsync(BenchSystem system, long after)
    {
        while (true)
        {
            if (await system.AcceptedAsync(after) is [var next, ..])
            {
                return (next.GetProperty("sequence").GetInt64(), next.GetProperty("at").GetDateTimeOffset());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
