using System.Collections.Concurrent;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>Notes which messages were ever seen in doubt, for the report only. A doubt shorter than two looks may go unseen.</summary>
internal sealed class DoubtWatch(ChaosSystem system, IReadOnlyList<Company> companies)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);
    private readonly ConcurrentDictionary<string, byte> _seen = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Seen => [.. _seen.Keys];

    public async Task RunAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            foreach (var company in companies)
            {
                await LookAsync(company);
            }

            await Task.Delay(_look, TimeProvider.System, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(Company company)
    {
        try
        {
            var read = await system.Firestore.QueryAsync(
                new DocumentQuery(FirestorePaths.Outbox)
                {
                    Where = [FieldFilter.Equal(OutboxFields.AccountId, company.AccountId), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Uncertain)],
                },
                "test",
                CancellationToken.None);
            foreach (var doubtful in read.Documents)
            {
                _seen.TryAdd(doubtful.Id, 0);
            }
        }
        catch (FirestoreException)
        {
            // The store is one of the things that are not well.
        }
    }
}
