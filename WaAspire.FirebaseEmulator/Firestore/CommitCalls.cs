using System.Text.Json;
using WaAspire.FirebaseEmulator.Locking;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>commit, batchWrite and the life of a transaction.</summary>
internal static class CommitCalls
{
    public static void Commit(FirestoreCall call, Utf8JsonWriter json)
    {
        IReadOnlyList<Write> writes = [];
        byte[]? id = null;
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "writes": writes = ReadWrites(call, value); break;
                case "transaction": id = RequestJson.Bytes(value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        if (id is { Length: > 0 })
            call.Access.RequireAdmin("Transactions with writes require admin authentication.");
        var transaction = id is { Length: > 0 } ? call.Database.Use(id) : null;
        if (transaction is { ReadOnly: true } && writes.Count > 0)
            throw RpcException.Invalid("Cannot modify entities in a read-only transaction.");
        var result = call.Database.Commit(writes, transaction, call.Ticket, call.Access.JudgeOf(writes));
        call.Statistics.CountWrites(writes);

        json.WriteStartObject();
        if (writes.Count > 0)
        {
            json.WriteStartArray("writeResults");
            foreach (var one in result.Results)
                WriteResultOf(json, one);
            json.WriteEndArray();
        }

        json.WriteString("commitTime", Timestamps.Format(result.CommitTime));
        json.WriteEndObject();
    }

    /// <summary>Each write by itself: some may fail while others are applied, and the answer says which.</summary>
    public static void BatchWrite(FirestoreCall call, Utf8JsonWriter json)
    {
        call.Access.RequireAdmin("Batch writes require admin authentication.");
        IReadOnlyList<Write> writes = [];
        foreach (var (name, value) in call.Members)
        {
            if (name == "writes")
                writes = ReadWrites(call, value);
            else if (name != "labels")
                throw RequestJson.Unknown(name);
        }

        if (writes.DistinctBy(write => write.Path).Count() != writes.Count)
            throw RpcException.Invalid("A batchWrite may write each document only once.");
        foreach (var write in writes.Skip(call.Finished.Count))
            call.Finished.Add(Single(call, write));

        json.WriteStartObject();
        json.WriteStartArray("writeResults");
        foreach (var (result, _) in call.Finished)
            WriteResultOf(json, result ?? new(null, []));
        json.WriteEndArray();
        json.WriteStartArray("status");
        foreach (var (_, refused) in call.Finished)
            WriteStatus(json, refused);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void BeginTransaction(FirestoreCall call, Utf8JsonWriter json)
    {
        Transaction? transaction = null;
        foreach (var (name, value) in call.Members)
            transaction = name == "options" ? Consistency.Begin(call.Database, value) : throw RequestJson.Unknown(name);
        // Begun by this call: should it be refused, the transaction ends with it.
        call.Ticket.Begun = transaction ??= call.Database.Begin(readOnlyView: null, retried: null);
        if (!transaction.ReadOnly)
            call.Access.RequireAdmin("Read-write transactions require admin authentication.");
        json.WriteStartObject();
        json.WriteString("transaction", transaction.Id);
        json.WriteEndObject();
    }

    public static void Rollback(FirestoreCall call, Utf8JsonWriter json)
    {
        foreach (var (name, value) in call.Members)
            call.Database.Rollback(name == "transaction" ? RequestJson.Bytes(value) : throw RequestJson.Unknown(name));

        json.WriteStartObject();
        json.WriteEndObject();
    }

    private static IReadOnlyList<Write> ReadWrites(FirestoreCall call, JsonElement writes) =>
        [.. RequestJson.Items(writes).Select(write => WriteJson.Read(write, call.Database.Name))];

    private static (WriteResult? Result, RpcException? Refused) Single(FirestoreCall call, Write write)
    {
        try
        {
            var result = call.Database.Commit([write], transaction: null, call.Ticket).Results[0];
            call.Statistics.CountWrites([write]);
            return (result, null);
        }
        catch (RpcException refused)
        {
            return (null, refused);
        }
    }

    private static void WriteResultOf(Utf8JsonWriter json, WriteResult result)
    {
        json.WriteStartObject();
        if (result.UpdateTime is { } updateTime)
            json.WriteString("updateTime", Timestamps.Format(updateTime));
        if (result.TransformResults.Count > 0)
        {
            json.WriteStartArray("transformResults");
            foreach (var value in result.TransformResults)
                ValueJson.Write(json, value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, RpcException? refused)
    {
        json.WriteStartObject();
        if (refused is not null)
        {
            json.WriteNumber("code", (int)refused.Code);
            json.WriteString("message", refused.Message);
        }

        json.WriteEndObject();
    }
}
