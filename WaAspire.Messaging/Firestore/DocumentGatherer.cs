namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Strong reads of single documents, gathered: whoever asks while a read is on its way shares the next one. Each answer
/// was therefore read after its question was asked. Two that ask for one document share one billed read.
/// </summary>
public sealed class DocumentGatherer : IDisposable
{
    private const string MixedPurpose = "gathered";

    private readonly IFirestore _firestore;
    private readonly GatheringLine<(string Path, string Purpose), StoredDocument?> _line;

    internal DocumentGatherer(IFirestore firestore, FirestoreOptions options)
    {
        _firestore = firestore;
        _line = new(new GatheringLimits(options.BatchLines, options.GatherPaths, long.MaxValue, options.PendingMax), ReadAllAsync);
    }

    /// <summary>The document, or null when it does not exist.</summary>
    /// <exception cref="FirestoreException">It could not be read before the deadline.</exception>
    public Task<StoredDocument?> GetAsync(string path, string purpose, CancellationToken cancellationToken) =>
        _line.JoinAsync((path, purpose), [], 0, cancellationToken);

    public void Dispose() => _line.Dispose();

    private async Task<IReadOnlyList<StoredDocument?>> ReadAllAsync(IReadOnlyList<(string Path, string Purpose)> asked)
    {
        var paths = asked.Select(question => question.Path).Distinct(StringComparer.Ordinal).ToArray();
        var purposes = asked.Select(question => question.Purpose).Distinct(StringComparer.Ordinal).ToArray();
        var read = await _firestore.GetAsync(paths, purposes.Length == 1 ? purposes[0] : MixedPurpose, CancellationToken.None);
        var documents = read.Documents.ToDictionary(document => document.Path, StringComparer.Ordinal);
        return [.. asked.Select(question => documents.GetValueOrDefault(question.Path))];
    }
}
