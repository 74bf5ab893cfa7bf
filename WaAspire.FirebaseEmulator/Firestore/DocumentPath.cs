using System.Text;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>The database that a request names, and the way between full names and paths below its documents.</summary>
internal sealed record DatabaseName(string Project)
{
    public const string Default = "(default)";

    public string Documents { get; } = $"projects/{Project}/databases/{Default}/documents";

    public string NameOf(DocumentPath path) => $"{Documents}/{path}";

    /// <summary>The path behind a full name, unchecked (the bounds of a query need not be possible names); null for another database's.</summary>
    public DocumentPath? Find(string name) =>
        name.StartsWith(Documents + "/", StringComparison.Ordinal) && name.LastIndexOf('/') is var slash && slash > Documents.Length
            ? new(name[(Documents.Length + 1)..slash], name[(slash + 1)..])
            : null;

    /// <summary>The path of a document that this database may hold; anything else is refused.</summary>
    public DocumentPath PathOf(string name) => name.StartsWith(Documents + "/", StringComparison.Ordinal)
        ? DocumentPath.Parse(name[(Documents.Length + 1)..])
        : throw RpcException.Invalid($"Document name \"{name}\" is not below \"{Documents}\".");
}

/// <summary>A document's place: its collection's path (<c>threads/t1/messages</c>) and its own id.</summary>
internal sealed record DocumentPath(string Collection, string Id) : IComparable<DocumentPath>
{
    private const int MaxIdBytes = 1500;
    private const int MaxNameBytes = 6 * 1024;
    private const int MaxSegments = 200;

    public override string ToString() => $"{Collection}/{Id}";

    public int CompareTo(DocumentPath? other) =>
        Collection == other!.Collection ? PathOrder.CompareIds(Id, other.Id) : PathOrder.Compare(ToString(), other.ToString());

    public static DocumentPath Parse(string path)
    {
        var segments = path.Split('/');
        if (segments.Length % 2 != 0 || segments.Length > MaxSegments)
            throw RpcException.Invalid($"Document path \"{path}\" must have an even number of segments, at most {MaxSegments}.");
        CheckIds(segments);
        if (Encoding.UTF8.GetByteCount(path) > MaxNameBytes)
            throw RpcException.Invalid("A document name must not be longer than 6 KiB.");
        return new(string.Join('/', segments[..^1]), segments[^1]);
    }

    public static void CheckIds(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            if (id.Length == 0 || id is "." or ".." || id.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(id) > MaxIdBytes || IsReserved(id))
                throw RpcException.Invalid($"Resource id \"{(id.Length > 100 ? id[..100] : id)}\" is invalid.");
        }
    }

    /// <summary>The collection's id, the last segment of its path: what a collection group is named by.</summary>
    public static string CollectionId(string collection) => collection[(collection.LastIndexOf('/') + 1)..];

    /// <summary>Four underscores alone are an ordinary id; <c>__id123__</c> names a numeric one.</summary>
    private static bool IsReserved(string id) =>
        id.Length > 4 && id.StartsWith("__", StringComparison.Ordinal) && id.EndsWith("__", StringComparison.Ordinal)
        && PathOrder.Number(id) is null;
}

/// <summary>A stored document at one moment, immutable; the times are microseconds since 1970.</summary>
internal sealed record Document(DocumentPath Path, MapValue Fields, long CreateTime, long UpdateTime);
