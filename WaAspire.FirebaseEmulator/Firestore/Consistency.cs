using System.Text.Json;
using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// At which moment a read looks: now, inside a transaction (old or started with this read), or in the past. A
/// read-write transaction locks first and looks then, so its view is that of its last lock.
/// </summary>
internal sealed class Consistency
{
    private readonly FirestoreCall _call;
    private readonly Transaction? _locking;

    private Consistency(FirestoreCall call, ReadView view, Transaction? transaction, string? newTransaction)
    {
        (_call, View, NewTransaction) = (call, transaction?.View ?? view, newTransaction);
        _locking = transaction is { ReadOnly: false } ? transaction : null;
    }

    /// <summary>What the read sees.</summary>
    public ReadView View { get; private set; }

    /// <summary>The id of a transaction that this read began.</summary>
    public string? NewTransaction { get; }

    /// <summary>The members of a request body that choose a moment.</summary>
    public static bool IsSelector(string name) => name is "transaction" or "newTransaction" or "readTime";

    public static Consistency Choose(FirestoreCall call, IReadOnlyDictionary<string, JsonElement> selectors)
    {
        var database = call.Database;
        if (selectors.Count > 1)
            throw RpcException.Invalid("Only one of transaction, newTransaction and readTime may be given.");
        if (selectors.TryGetValue("transaction", out var id))
            return new(call, database.Read(), database.Use(RequestJson.Bytes(id)), null);
        if (selectors.TryGetValue("newTransaction", out var options))
        {
            var transaction = call.Ticket.Begun ??= Begin(database, options);
            return new(call, database.Read(), transaction, transaction.Id);
        }

        var view = selectors.TryGetValue("readTime", out var readTime) ? database.ReadAt(RequestJson.Timestamp(readTime)) : database.Read();
        return new(call, view, null, null);
    }

    public static Consistency Choose(FirestoreCall call)
    {
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var name in new[] { "transaction", "readTime" })
        {
            if (call.Parameter(name) is { Length: > 0 } text)
                selectors.Add(name, JsonSerializer.SerializeToElement(text));
        }

        return Choose(call, selectors);
    }

    public static Transaction Begin(Database database, JsonElement options)
    {
        ReadView? view = null;
        byte[]? retried = null;
        foreach (var (name, value) in RequestJson.Members(options))
        {
            switch (name)
            {
                case "readWrite": retried = ReadRetried(value); break;
                case "readOnly": view = ReadOnlyView(database, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return database.Begin(view, retried);
    }

    /// <summary>Before a read of these documents.</summary>
    public void Lock(IReadOnlyCollection<DocumentPath> paths)
    {
        if (_locking is not null)
            View = _call.Database.Read(_locking, paths, _call.Ticket);
    }

    public QueryResult Run(Query query)
    {
        if (_locking is null)
            return QueryRunner.Run(query, _call.Database.Name, View.Snapshot);
        (View, var result) = _call.Database.Read(_locking, query, _call.Ticket);
        return result;
    }

    private static byte[]? ReadRetried(JsonElement options)
    {
        byte[]? retried = null;
        foreach (var (name, value) in RequestJson.Members(options))
        {
            if (name == "retryTransaction")
                retried = RequestJson.Bytes(value);
            else if (name != "concurrencyMode")
                throw RequestJson.Unknown(name);
        }

        return retried;
    }

    private static ReadView ReadOnlyView(Database database, JsonElement options)
    {
        long? readTime = null;
        foreach (var (name, value) in RequestJson.Members(options))
            readTime = name == "readTime" ? RequestJson.Timestamp(value) : throw RequestJson.Unknown(name);
        return readTime is { } time ? database.ReadAt(time) : database.Read();
    }
}
