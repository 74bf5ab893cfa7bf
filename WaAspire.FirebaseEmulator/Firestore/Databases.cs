using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Persistence;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <param name="Time">For what lasts: transactions and their locks.</param>
/// <param name="CommitTime">For what is told: commit and read times, which a test may put ahead or behind.</param>
/// <param name="Catalog">Which fields are indexed: a document may have only so many index entries.</param>
internal sealed record DatabaseSettings(
    TimeProvider Time, TimeProvider CommitTime, int HistoryVersions, TransactionOptions Transactions, IndexCatalog Catalog, IJournal Journal);

/// <summary>The databases, one for each project; a project begins with its first call.</summary>
internal sealed class Databases(DatabaseSettings settings, StoredState stored) : IDisposable
{
    private const int MaxProjects = 1000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Database> _byProject = stored.Databases.ToDictionary(
        database => database.Key, database => new Database(new(database.Key), settings, database.Value), StringComparer.Ordinal);

    public IReadOnlyList<Database> All
    {
        get
        {
            lock (_lock)
                return [.. _byProject.Values];
        }
    }

    public Database Of(string project)
    {
        lock (_lock)
        {
            if (_byProject.TryGetValue(project, out var known))
                return known;
            if (_byProject.Count >= MaxProjects)
                throw new RpcException(RpcCode.ResourceExhausted, $"At most {MaxProjects} projects are kept.");
            return _byProject[project] = new(new(project), settings, StoredDatabase.Empty);
        }
    }

    public void Dispose()
    {
        foreach (var database in All)
            database.Dispose();
    }
}
