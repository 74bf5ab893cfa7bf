using System.Globalization;
using System.Text.Json;

namespace WaAspire.Bench;

/// <summary>
/// What a message costs in Firestore, by Firestore's own count: first up to <c>sent</c>, with the receipts held back, then
/// with them. What nobody asked for (sweeps, heartbeats) is in it too, as it is on the bill.
/// </summary>
internal static class CostTable
{
    public static async Task MeasureAsync(BenchSystem system, int messages, int threads)
    {
        await system.OpenThreadsAsync(threads);
        JsonElement upToSent;
        await using (await system.WithoutReceiptsAsync())
        {
            upToSent = await RunAsync(system, messages, threads, writesPerMessage: 3);
        }

        var withReceipts = await RunAsync(system, messages, threads, writesPerMessage: 4);
        Print(upToSent, withReceipts, messages);
    }

    private static async Task<JsonElement> RunAsync(BenchSystem system, int messages, int threads, int writesPerMessage)
    {
        await system.ResetStatisticsAsync();
        await Parallel.ForAsync(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => await system.SendAsync(1 + (i % threads), $"cost {i}"));
        while (true)
        {
            var statistics = await system.FirestoreStatisticsAsync();
            if (Count(statistics, "writesByCollection", "outbox") >= writesPerMessage * messages)
            {
                return statistics;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static void Print(JsonElement upToSent, JsonElement withReceipts, int messages)
    {
        Console.WriteLine($"{"per message",-28}{"reads",10}{"writes",10}");
        foreach (var (name, collection) in new[]
        {
            ("outbox", "outbox"), ("thread messages", "threads/*/messages"), ("threads", "threads"), ("accounts", "accounts"),
            ("staff profiles", "staffProfiles"), ("instances", "instances"),
        })
        {
            Row(name, Count(upToSent, "readsByCollection", collection), Count(upToSent, "writesByCollection", collection));
        }

        Row("receipts, in addition", Total(withReceipts, "documentReads") - Total(upToSent, "documentReads"), Total(withReceipts, "documentWrites") - Total(upToSent, "documentWrites"));
        var rpc = upToSent.GetProperty("calls").EnumerateObject().Sum(call => call.Value.GetInt64());
        Console.WriteLine(
            $"outbox writes/message {Per(Count(upToSent, "writesByCollection", "outbox"))}, reads/message {Per(Count(upToSent, "readsByCollection", "outbox"))}, " +
            $"all writes/message {Per(Total(upToSent, "documentWrites"))}, rpc/message {Per(rpc)}");

        void Row(string name, long reads, long writes) => Console.WriteLine($"{name,-28}{Per(reads),10}{Per(writes),10}");

        string Per(long count) => ((double)count / messages).ToString("F3", CultureInfo.InvariantCulture);
    }

    private static long Total(JsonElement statistics, string name) => statistics.GetProperty(name).GetInt64();

    private static long Count(JsonElement statistics, string kind, string collection) =>
        statistics.GetProperty(kind).TryGetProperty(collection, out var count) ? count.GetInt64() : 0;
}
