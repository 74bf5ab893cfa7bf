namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>The last versions of each document, oldest first, so that a test can ask what happened to it.</summary>
/// <remarks>Bounded twice: versions of one document, and versions in all (the oldest go first).</remarks>
internal sealed class DocumentHistory(int maxVersions)
{
    private const int MaxVersionsPerDocument = 50;
    private readonly Lock _lock = new();
    private readonly Dictionary<DocumentPath, Queue<DocumentVersion>> _documents = [];
    private readonly Queue<(DocumentPath Path, DocumentVersion Version)> _all = new();

    /// <param name="after">Null when the commit deleted the document.</param>
    public void Add(DocumentPath path, Document? after, long commitTime)
    {
        var version = new DocumentVersion(commitTime, after);
        lock (_lock)
        {
            if (!_documents.TryGetValue(path, out var versions))
                _documents.Add(path, versions = new());
            versions.Enqueue(version);
            if (versions.Count > MaxVersionsPerDocument)
                versions.Dequeue();
            _all.Enqueue((path, version));
            if (_all.Count > maxVersions)
                DropOldest_NeedsLock();
        }
    }

    public IReadOnlyList<DocumentVersion> Of(DocumentPath path)
    {
        lock (_lock)
            return _documents.TryGetValue(path, out var versions) ? [.. versions] : [];
    }

    public void Clear()
    {
        lock (_lock)
        {
            _documents.Clear();
            _all.Clear();
        }
    }

    private void DropOldest_NeedsLock()
    {
        var (path, version) = _all.Dequeue();
        // The document's own bound may have dropped it already.
        if (!_documents.TryGetValue(path, out var versions) || !ReferenceEquals(versions.Peek(), version))
            return;
        versions.Dequeue();
        if (versions.Count == 0)
            _documents.Remove(path);
    }
}

/// <summary>What one commit left of a document: null when it was deleted.</summary>
internal sealed record DocumentVersion(long CommitTime, Document? Document);
