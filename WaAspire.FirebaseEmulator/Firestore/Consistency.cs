using System.Text.Json;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>At which moment a read looks: now, inside a transaction (old or started with this read), or in the past.</summary>
/// <param name="View">What the read sees.</param>
/// <param name="Transaction">The transaction that must remember the read.</param>
/// <param name="NewTransaction">The id of a transaction that this read began.</param>
internal sealed record Consistency(ReadView View, Transaction? Transaction, string? NewTransaction)
{
    /// <summary>The members of a request body that choose a moment.</summary>
    public static bool IsSelector(string name) => name is "transaction" or "newTransaction" or "readTime";

    public static Consistency Choose(Database database, IReadOnlyDictionary<string, JsonElement> selectors)
    {
        if (selectors.Count > 1)
            throw RpcException.Invalid("Only one of transaction, newTransaction and readTime may be given.");
        if (selectors.TryGetValue("transaction", out var id))
        {
            var transaction = database.Transactions.Use(RequestJson.Bytes(id));
            return new(transaction.View, transaction, null);
        }

        if (selectors.TryGetValue("newTransaction", out var options))
        {
            var transaction = Begin(database, options);
            return new(transaction.View, transaction, database.Transactions.Begin(transaction));
        }

        var view = selectors.TryGetValue("readTime", out var readTime) ? database.ReadAt(RequestJson.Timestamp(readTime)) : database.Read();
        return new(view, null, null);
    }

    public static Consistency Choose(FirestoreCall call)
    {
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var name in new[] { "transaction", "readTime" })
        {
            if (call.Parameter(name) is { } text)
                selectors.Add(name, JsonSerializer.SerializeToElement(text));
        }

        return Choose(call.Database, selectors);
    }

    public static Transaction Begin(Database database, JsonElement options)
    {
        var readOnly = false;
        var view = database.Read();
        foreach (var (name, value) in RequestJson.Members(options))
        {
            switch (name)
            {
                // An aborted transaction's id only matters where locks are queued for; here it is read and let go.
                case "readWrite": CheckReadWrite(value); break;
                case "readOnly": (readOnly, view) = (true, ReadOnlyView(database, value)); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return new(readOnly, view);
    }

    private static void CheckReadWrite(JsonElement options)
    {
        foreach (var (name, value) in RequestJson.Members(options))
            _ = name is "retryTransaction" ? RequestJson.Bytes(value) : name is "concurrencyMode" ? [] : throw RequestJson.Unknown(name);
    }

    private static ReadView ReadOnlyView(Database database, JsonElement options)
    {
        long? readTime = null;
        foreach (var (name, value) in RequestJson.Members(options))
            readTime = name == "readTime" ? RequestJson.Timestamp(value) : throw RequestJson.Unknown(name);
        return readTime is { } time ? database.ReadAt(time) : database.Read();
    }
}
