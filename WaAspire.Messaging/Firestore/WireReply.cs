using System.Text.Json;
using System.Text.RegularExpressions;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Answers of Firestore. The status name in the body decides, never the HTTP code: 409 is both ALREADY_EXISTS and ABORTED.
/// <c>{"error":{"code":409,"message":"Document already exists: …","status":"ALREADY_EXISTS"}}</c>, for streamed calls in an array.
/// </summary>
internal static partial class WireReply
{
    private const int MessageLengthMax = 200;

    private static readonly Dictionary<string, FirestoreStatus> Statuses = Enum.GetValues<FirestoreStatus>()
        .ToDictionary(status => Capitals().Replace(status.ToString(), "_$0").ToUpperInvariant(), StringComparer.Ordinal);

    /// <summary>The error in a body, or null when it holds none.</summary>
    public static (FirestoreStatus Status, string Message)? FindError(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Array)
            return body.EnumerateArray().Select(FindError).FirstOrDefault(error => error is not null);
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            return null;
        var status = error.TryGetProperty("status", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
        return (Statuses.GetValueOrDefault(status), Redact(message));
    }

    public static CommitOutcome.Committed Committed(JsonElement body, int writes)
    {
        var times = body.GetProperty("writeResults").EnumerateArray()
            .Select(result => result.TryGetProperty("updateTime", out var time) ? time.GetDateTimeOffset() : (DateTimeOffset?)null)
            .ToArray();
        if (times.Length != writes)
            throw new FormatException("Not one result for each write.");
        return new CommitOutcome.Committed(body.GetProperty("commitTime").GetDateTimeOffset(), times);
    }

    /// <summary>The elements of batchGet or runQuery. The earliest read time is kept: nothing in the answer is older than it.</summary>
    public static DocumentsRead Documents(JsonElement body, string documents)
    {
        var found = new List<StoredDocument>();
        DateTimeOffset? readTime = null;
        foreach (var element in body.EnumerateArray())
        {
            if (element.TryGetProperty("found", out var document) || element.TryGetProperty("document", out document))
                found.Add(Document(document, documents));
            if (element.TryGetProperty("readTime", out var time) && time.GetDateTimeOffset() is var read && (readTime is null || read < readTime))
                readTime = read;
        }
        return new DocumentsRead(found, readTime ?? throw new FormatException("No read time."));
    }

    public static (long Count, DateTimeOffset ReadTime) Count(JsonElement body)
    {
        var element = body.EnumerateArray().First(candidate => candidate.TryGetProperty("result", out _));
        var count = WireValue.Read(element.GetProperty("result").GetProperty("aggregateFields").GetProperty("count"));
        return (count.AsInteger ?? throw new FormatException("No count."), element.GetProperty("readTime").GetDateTimeOffset());
    }

    private static StoredDocument Document(JsonElement document, string documents)
    {
        var name = document.GetProperty("name").GetString()!;
        // The name may carry another spelling of the root, such as an encoded "(default)": count segments, not characters.
        var path = string.Join('/', name.Split('/').Skip(documents.Split('/').Length));
        return new StoredDocument(
            path,
            WireValue.ReadFields(document),
            document.GetProperty("createTime").GetDateTimeOffset(),
            document.GetProperty("updateTime").GetDateTimeOffset());
    }

    /// <summary>Firestore quotes document names and values, and a thread's id is a phone number: neither may reach a log.</summary>
    private static string Redact(string message)
    {
        var redacted = PersonalParts().Replace(message, "[…]");
        return redacted.Length <= MessageLengthMax ? redacted : redacted[..MessageLengthMax];
    }

    [GeneratedRegex("""projects/\S+|"[^"]*"|'[^']*'|\S*@\S*|\+?\d{6,}""")]
    private static partial Regex PersonalParts();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capitals();
}
