using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Operations;

internal sealed record TtlOptions(TimeSpan Interval)
{
    private static readonly TimeSpan _default = TimeSpan.FromMinutes(1);

    /// <summary><c>Ttl:Interval</c>: how long an expired document may stay. Production promises no more than a day.</summary>
    public static TtlOptions Read(IConfiguration configuration)
    {
        var interval = configuration.GetValue("Ttl:Interval", _default);
        return interval > TimeSpan.Zero && interval <= TimeSpan.FromDays(1)
            ? new(interval)
            : throw new StartException("Ttl:Interval lies between 0 and one day.");
    }
}

/// <summary>
/// Deletes documents whose TTL field has passed, as the index file declares it. What enters: nothing but time. What
/// leaves: plain deletes, in no order and in no transaction, as in production; a document that somebody holds or has
/// just renewed is left for the next round. If we die here, the rest expires in the next life.
/// </summary>
internal sealed class TtlSweep(Databases databases, IndexCatalog catalog, Statistics statistics, TtlOptions options, TimeProvider time) : BackgroundService
{
    private const int Page = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (catalog.TtlPolicies.Count == 0)
            return;
        using var timer = new PeriodicTimer(options.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Sweep(stoppingToken);
    }

    private void Sweep(CancellationToken stoppingToken)
    {
        foreach (var database in databases.All)
        {
            foreach (var policy in catalog.TtlPolicies)
            {
                foreach (var collection in database.Read().Snapshot.Group("", policy.CollectionId).Select(collection => collection.Path).ToList())
                    Sweep(database, collection, policy.Field, stoppingToken);
            }
        }
    }

    private void Sweep(Database database, string collection, FieldPath field, CancellationToken stoppingToken)
    {
        var deleted = Page;
        while (deleted == Page && !stoppingToken.IsCancellationRequested)
            deleted = Expired(database, collection, field).Count(document => Delete(database, document));
    }

    private static IReadOnlyList<Document> Expired(Database database, string collection, FieldPath field)
    {
        var slash = collection.LastIndexOf('/');
        var source = new QuerySource(slash < 0 ? "" : collection[..slash], collection[(slash + 1)..], AllDescendants: false);
        var view = database.Read();
        var query = QueryRules.Complete(new Query(source)
        {
            Where = new FieldFilter(field, FieldOperator.LessThanOrEqual, new TimestampValue(view.ReadTime)),
            Limit = Page,
        });
        if (Scan.MissingIndexes(query, view.Snapshot) is { Count: > 0 } missing)
            database.AddIndexes(collection, missing);
        return QueryRunner.Run(query, database.Name, database.Read().Snapshot).Documents;
    }

    private bool Delete(Database database, Document document)
    {
        var write = new Write(WriteKind.Delete, document.Path) { Precondition = new(UpdateTime: document.UpdateTime) };
        try
        {
            database.Commit([write]);
            statistics.CountWrites([write]);
            return true;
        }
        catch (RpcException)
        {
            // Renewed, deleted or locked in the meantime.
            return false;
        }
    }
}
