using System.Collections.Concurrent;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>One client for each account that is paired by QR code, which fills one thread after the other with texts.</summary>
internal sealed class LinkedLoad(ChaosSystem system, ChaosPlan plan, IReadOnlyList<Company> companies, int firstThread, int seed)
{
    private readonly ConcurrentQueue<ToldThread> _threads = new();
    private int _refused;

    /// <summary>As in <see cref="ChaosLoad"/>.</summary>
    public IReadOnlyList<ToldThread> Threads => [.. _threads];

    public int Refused => _refused;

    /// <summary>Returns when it was enough and everything that was begun has been accepted.</summary>
    public Task RunAsync(CancellationToken enough) => Task.WhenAll(companies.Select((company, index) => WriteAsync(company, new Random(seed + 1000 + index), enough)));

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
}
