using System.Collections.Concurrent;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>One client for each account that is paired by QR code, which fills one thread after the other with texts; and people who answer.</summary>
internal sealed class LinkedLoad(ChaosSystem system, ChaosPlan plan, LinkedAccounts linked, int firstThread, int seed)
{
    private readonly ConcurrentQueue<ToldThread> _threads = new();
    private readonly ConcurrentQueue<WrittenMessage> _written = new();
    private int _refused;

    /// <summary>As in <see cref="ChaosLoad"/>.</summary>
    public IReadOnlyList<ToldThread> Threads => [.. _threads];

    /// <summary>What people wrote on their phones.</summary>
    public IReadOnlyList<WrittenMessage> Written => [.. _written];

    public int Refused => _refused;

    /// <summary>Returns when it was enough and everything that was begun has been accepted.</summary>
    public Task RunAsync(CancellationToken enough) => Task.WhenAll(
        [.. linked.Companies.Select((company, index) => WriteAsync(company, new Random(seed + 1000 + index), enough)), ReceiveAsync(new Random(seed + 999), enough)]);

    private async Task WriteAsync(Company company, Random chance, CancellationToken enough)
    {
        using var client = new ChaosClient(system, plan, chance, plan.PauseMax, isPlain: true);
        for (var number = firstThread; number < firstThread + plan.ThreadsPerLinked && !enough.IsCancellationRequested; number++)
        {
            var thread = new ToldThread(company, number, []);
            _threads.Enqueue(thread);
            await client.WriteAsync(thread, enough);
        }

        Interlocked.Add(ref _refused, client.Refused);
    }

    private async Task ReceiveAsync(Random chance, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested && linked.Companies.Count > 0)
        {
            if (_threads.ToArray() is { Length: > 0 } threads)
            {
                var thread = threads[chance.Next(threads.Length)];
                var letter = new WrittenMessage(thread.Company, thread.Number, $"3A{chance.NextInt64():X16}");
                await system.Sockets!.PostAsync(
                    "inbound", new { account = linked.Phones[thread.Company.AccountId], from = thread.Company.PhoneOf(thread.Number), text = "from a phone", id = letter.Id });
                _written.Enqueue(letter);
            }

            await Task.Delay(plan.PauseMax / 2 * chance.NextDouble(), TimeProvider.System, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
