using System.Security.Cryptography;
using System.Text.Json;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>batchGet and the calls on one document: get, create, patch, delete.</summary>
internal static class DocumentCalls
{
    public static void BatchGet(FirestoreCall call, Utf8JsonWriter json)
    {
        IReadOnlyList<DocumentPath> paths = [];
        IReadOnlyList<FieldPath>? mask = null;
        var selectors = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in call.Members)
        {
            switch (name)
            {
                case "documents": paths = ReadPaths(call, value); break;
                case "mask": mask = WriteJson.ReadMask(value); break;
                case var _ when Consistency.IsSelector(name): selectors.Add(name, value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        call.Access.RequireNoReadWrite(selectors);
        var consistency = Consistency.Choose(call, selectors);
        consistency.Lock(paths);
        call.Access.RequireGet(paths, consistency.View);
        call.Statistics.CountReads(paths.Select(path => path.Collection));

        json.WriteStartArray();
        if (paths.Count == 0 && consistency.NewTransaction is not null)
            WriteTransaction(json, consistency.NewTransaction);
        for (var index = 0; index < paths.Count; index++)
            WriteFound(json, call, paths[index], mask, consistency, first: index == 0);
        json.WriteEndArray();
    }

    public static void Get(FirestoreCall call, Utf8JsonWriter json)
    {
        call.AllowParameters("mask.fieldPaths", "transaction", "readTime");
        var mask = call.MaskParameter("mask");
        var consistency = Consistency.Choose(call);
        consistency.Lock([call.DocumentPath]);
        call.Access.RequireGet([call.DocumentPath], consistency.View);
        var document = consistency.View.Snapshot.Find(call.DocumentPath);
        call.Statistics.CountReads([call.DocumentPath.Collection]);
        if (document is null)
            throw new RpcException(RpcCode.NotFound, $"Document \"{call.Database.Name.NameOf(call.DocumentPath)}\" not found.");
        ValueJson.WriteDocument(json, call.Database.Name, Projection.Of(document, mask));
    }

    public static void Create(FirestoreCall call, Utf8JsonWriter json)
    {
        call.AllowParameters("documentId", "mask.fieldPaths");
        var (name, fields) = WriteJson.ReadDocument(call.Body);
        if (!string.IsNullOrEmpty(name))
            throw RpcException.Invalid("A document to create must not have a name.");
        var path = DocumentPath.Parse($"{call.Target.Path}/{(call.Parameter("documentId") is { Length: > 0 } id ? id : NewId())}");
        Apply(call, json, new Write(WriteKind.Update, path) { Fields = fields, Precondition = new(Exists: false) });
    }

    public static void Patch(FirestoreCall call, Utf8JsonWriter json)
    {
        call.AllowParameters("updateMask.fieldPaths", "mask.fieldPaths", "currentDocument.exists", "currentDocument.updateTime");
        var (_, fields) = WriteJson.ReadDocument(call.Body);
        Apply(call, json, new Write(WriteKind.Update, call.DocumentPath)
        {
            Fields = fields,
            Mask = call.MaskParameter("updateMask"),
            Precondition = ReadPrecondition(call),
        });
    }

    public static void Delete(FirestoreCall call, Utf8JsonWriter json)
    {
        call.AllowParameters("currentDocument.exists", "currentDocument.updateTime");
        var write = new Write(WriteKind.Delete, call.DocumentPath) { Precondition = ReadPrecondition(call) };
        call.Database.Commit([write], transaction: null, call.Ticket, call.Access.JudgeOf([write]));
        call.Statistics.CountWrites([write]);
        json.WriteStartObject();
        json.WriteEndObject();
    }

    /// <summary>The element that carries a transaction's id and nothing else, ahead of all results.</summary>
    public static void WriteTransaction(Utf8JsonWriter json, string transaction)
    {
        json.WriteStartObject();
        json.WriteString("transaction", transaction);
        json.WriteEndObject();
    }

    private static IReadOnlyList<DocumentPath> ReadPaths(FirestoreCall call, JsonElement names) =>
        [.. RequestJson.Items(names).Select(name => call.Database.Name.PathOf(RequestJson.Text(name))).Distinct()];

    private static void WriteFound(
        Utf8JsonWriter json, FirestoreCall call, DocumentPath path, IReadOnlyList<FieldPath>? mask, Consistency consistency, bool first)
    {
        var document = consistency.View.Snapshot.Find(path);
        json.WriteStartObject();
        if (first && consistency.NewTransaction is { } begun)
            json.WriteString("transaction", begun);
        if (document is null)
        {
            json.WriteString("missing", call.Database.Name.NameOf(path));
        }
        else
        {
            json.WritePropertyName("found");
            ValueJson.WriteDocument(json, call.Database.Name, Projection.Of(document, mask));
        }

        json.WriteString("readTime", Timestamps.Format(consistency.View.ReadTime));
        json.WriteEndObject();
    }

    private static void Apply(FirestoreCall call, Utf8JsonWriter json, Write write)
    {
        // Read first: what is malformed must not have been applied.
        var mask = call.MaskParameter("mask");
        // The answer is read from the commit's own snapshot: a later write must not show in it.
        var document = call.Database.Commit([write], transaction: null, call.Ticket, call.Access.JudgeOf([write])).After.Find(write.Path)!;
        call.Statistics.CountWrites([write]);
        ValueJson.WriteDocument(json, call.Database.Name, Projection.Of(document, mask));
    }

    private static Precondition ReadPrecondition(FirestoreCall call)
    {
        var (exists, updateTime) = (call.Parameter("currentDocument.exists"), call.Parameter("currentDocument.updateTime"));
        if (exists is not null && updateTime is not null)
            throw RpcException.Invalid("A precondition has one condition.");
        if (updateTime is not null)
            return new(UpdateTime: WriteJson.ReadUpdateTime(updateTime));
        if (exists is null)
            return Precondition.None;
        return bool.TryParse(exists, out var required)
            ? new(Exists: required)
            : throw RpcException.Invalid("currentDocument.exists must be true or false.");
    }

    private static string NewId() =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 20);
}
