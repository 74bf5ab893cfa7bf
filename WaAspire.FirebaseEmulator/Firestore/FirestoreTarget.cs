namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// What an address names: <c>/v1/projects/{p}/databases/(default)/documents[/path][:verb]</c>. It is read from the raw
/// request line, because a document id may hold an escaped slash or colon that routing would already have unescaped.
/// </summary>
internal sealed record FirestoreTarget(string Project, IReadOnlyList<string> Segments, string? Verb)
{
    private const string Prefix = "/v1/projects/";

    /// <summary>Relative to the documents, empty at the root.</summary>
    public string Path { get; } = string.Join('/', Segments);

    public bool IsDocument => Segments.Count > 0 && Segments.Count % 2 == 0;

    public static FirestoreTarget Parse(string method, string rawTarget)
    {
        var start = rawTarget.IndexOf(Prefix, StringComparison.Ordinal);
        var end = rawTarget.IndexOf('?', StringComparison.Ordinal);
        if (start < 0)
            throw new RpcException(RpcCode.NotFound, "Not found.");
        var parts = rawTarget[(start + Prefix.Length)..(end < 0 ? rawTarget.Length : end)].Split('/');

        string? verb = null;
        var colon = parts[^1].LastIndexOf(':');
        if (method == "POST" && colon >= 0)
            (verb, parts[^1]) = (parts[^1][(colon + 1)..], parts[^1][..colon]);

        var names = parts.Select(Uri.UnescapeDataString).ToList();
        if (names is not [var project, "databases", var database, "documents", .. var segments] || project.Length == 0)
            throw new RpcException(RpcCode.NotFound, "Not found.");
        if (database != DatabaseName.Default)
            throw new RpcException(RpcCode.NotFound, $"The database {database} does not exist for project {project}.");
        DocumentPath.CheckIds(segments);
        return new(project, segments, verb);
    }
}
