using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>Who writes while faults go on: clients on one side, people with their phones on the other. Remembers what each was told.</summary>
internal sealed class ChaosLoad(ChaosSystem system, ChaosPlan plan, IReadOnlyList<Company> companies, int seed)
{
    private readonly ConcurrentQueue<ToldThread> _threads = new();
    private readonly ConcurrentQueue<WrittenMessage> _written = new();
    private int _opened;
    private int _refused;

    /// <summary>Every thread with the request ids that its client was told were accepted, in that order.</summary>
    public IReadOnlyList<ToldThread> Threads => [.. _threads];

    /// <summary>What people wrote on their phones.</summary>
    public IReadOnlyList<WrittenMessage> Written => [.. _written];

    /// <summary>How often a client had to ask again.</summary>
    public int Refused => _refused;

    /// <summary>Returns when it was enough and everything that was begun has been accepted.</summary>
    public Task RunAsync(CancellationToken enough) => Task.WhenAll(
        [.. Enumerable.Range(0, plan.Writers).Select(writer => WriteAsync(new Random(seed + writer), plan.PauseMax, enough)), ReceiveAsync(new Random(seed - 1), enough)]);

    /// <summary>A little goes on: the policy of silence believes a silence only where others are heard of.</summary>
    public Task TrickleAsync(CancellationToken enough) => Task.WhenAll(
        companies.Select((_, index) => WriteAsync(new Random(seed - 2 - index), plan.QuietPeriod / 20, enough)));

    private async Task WriteAsync(Random chance, TimeSpan pauseMax, CancellationToken enough)
    {
        using var client = new ChaosClient(system, plan, chance, pauseMax);
        while (!enough.IsCancellationRequested && Interlocked.Increment(ref _opened) is var next && next / companies.Count < plan.ThreadsPerAccount)
        {
            var thread = new ToldThread(companies[next % companies.Count], 1 + (next / companies.Count), []);
            _threads.Enqueue(thread);
            await client.WriteAsync(thread, enough);
        }

        Interlocked.Add(ref _refused, client.Refused);
    }

    private async Task ReceiveAsync(Random chance, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            if (_threads.ToArray() is { Length: > 0 } threads)
            {
                var thread = threads[chance.Next(threads.Length)];
                var from = thread.Company.PhoneOf(thread.Number);
                using var response = await system.WhatsApp.PostAsJsonAsync(
                    "/simulator/inbound", new { phoneNumberId = thread.Company.PhoneNumberId, from, text = "from a phone" }, CancellationToken.None);
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(CancellationToken.None));
                var id = (await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).GetProperty("id").GetString()!;
                _written.Enqueue(new WrittenMessage(thread.Company, thread.Number, id));
            }

            await Task.Delay(plan.PauseMax / 4 * chance.NextDouble(), TimeProvider.System, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <param name="Number">Of the thread, inside its company.</param>
/// <param name="RequestIds">In the order in which they were accepted.</param>
internal sealed record ToldThread(Company Company, int Number, List<string> RequestIds);

/// <param name="Id">WhatsApp's id of a message that a person wrote.</param>
internal sealed record WrittenMessage(Company Company, int Thread, string Id);
