using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Persistence;

namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>
/// Fills a project from a file before the first call is answered, so that a fresh start has somebody to sign in and
/// something to show. Plain JSON stands for values; <c>{"$timestamp":"…"}</c> and <c>{"$now":true}</c> for timestamps.
/// A file that cannot be read is a mistake to see at once: the emulator does not start.
/// </summary>
internal sealed class Seed(Databases databases, AuthAccounts accounts, IJournal journal, StoredState stored, ILogger<Seed> log)
{
    /// <summary>Only a first start is seeded; later ones find what the last one left.</summary>
    public async Task LoadOnceAsync(string? file)
    {
        if (!stored.IsNew)
        {
            log.Restored(stored.Databases.Sum(database => database.Value.Documents.Count), stored.Users.Count);
            return;
        }

        if (!string.IsNullOrEmpty(file))
            Load(file);
        journal.Append(StoredState.FirstStartDone);
        await journal.StoredAsync();
    }

    private void Load(string file)
    {
        using var seed = JsonDocument.Parse(File.ReadAllText(file), new() { CommentHandling = JsonCommentHandling.Skip });
        var project = seed.RootElement.GetProperty("projectId").GetString()!;
        var users = seed.RootElement.TryGetProperty("users", out var list) ? list.EnumerateArray().ToList() : [];
        foreach (var user in users)
            accounts.SignUp(project, UserOf(user), admin: true);

        var database = databases.Of(project);
        var now = database.Read().ReadTime;
        var documents = seed.RootElement.TryGetProperty("documents", out var map) ? map.EnumerateObject().ToList() : [];
        database.Commit([.. documents.Select(document =>
            new Write(WriteKind.Update, DocumentPath.Parse(document.Name)) { Fields = (MapValue)ValueOf(document.Value, now) })]);
        log.Seeded(project, documents.Count, users.Count);
    }

    private static JsonObject UserOf(JsonElement element)
    {
        var user = JsonObject.Create(element)!;
        if (user["customClaims"] is { } claims)
            user["customAttributes"] = claims.ToJsonString();
        return user;
    }

    private static Value ValueOf(JsonElement element, long now) => element.ValueKind switch
    {
        JsonValueKind.Null => NullValue.Instance,
        JsonValueKind.True or JsonValueKind.False => new BooleanValue(element.GetBoolean()),
        JsonValueKind.Number => element.TryGetInt64(out var integer) ? new IntegerValue(integer) : new DoubleValue(element.GetDouble()),
        JsonValueKind.String => new StringValue(element.GetString()!),
        JsonValueKind.Array => new ArrayValue([.. element.EnumerateArray().Select(item => ValueOf(item, now))]),
        _ when element.TryGetProperty("$now", out _) => new TimestampValue(now),
        _ when element.TryGetProperty("$timestamp", out var time) =>
            new TimestampValue(Timestamps.Parse(time.GetString()!) ?? throw new JsonException("A $timestamp is an RFC 3339 time.")),
        _ => new MapValue(element.EnumerateObject()
            .ToDictionary(member => member.Name, member => ValueOf(member.Value, now), StringComparer.Ordinal)),
    };
}
