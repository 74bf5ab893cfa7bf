using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Simulation.Store;

/// <summary>
/// Firestore itself: documents with microseconds, preconditions, commits that are applied as a whole, strong queries. It
/// answers at once and never fails; what becomes of calls on their way is the client's affair.
/// </summary>
internal sealed class SimulatedStore(Func<DateTimeOffset> clock)
{
    private readonly Dictionary<string, Dictionary<string, StoredDocument>> _collections = new(StringComparer.Ordinal);
    private DateTimeOffset _last;

    /// <summary>A document has been written.</summary>
    public event Action<StoredDocument>? Stored;

    /// <summary>Commit times rise strictly, and no commit is told a time up to a read's after that read.</summary>
    public DateTimeOffset ReadTime()
    {
        var now = clock();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return _last = now > _last ? now : _last;
    }

    public StoredDocument? Find(string path) => _collections.GetValueOrDefault(CollectionOf(path))?.GetValueOrDefault(path);

    public IEnumerable<StoredDocument> All(string collection) => _collections.GetValueOrDefault(collection)?.Values ?? Enumerable.Empty<StoredDocument>();

    public DocumentsRead Get(IEnumerable<string> paths) => new([.. paths.Select(Find).OfType<StoredDocument>()], ReadTime());

    public DocumentsRead Query(DocumentQuery query) => new(StoreQuery.Run(query, All(query.Collection)), ReadTime());

    public CommitOutcome Commit(IReadOnlyList<DocumentWrite> writes)
    {
        var before = ReadTime();
        var time = before.AddMicroseconds(1);
        var changed = new Dictionary<string, StoredDocument?>(StringComparer.Ordinal);
        var updateTimes = new List<DateTimeOffset?>();
        foreach (var write in writes)
        {
            var document = changed.TryGetValue(write.Path, out var earlier) ? earlier : Find(write.Path);
            if (Refuse(write, document) is { } refused)
            {
                return refused;
            }

            var after = write.IsDelete ? null : Apply(write, document, time);
            changed[write.Path] = after;
            updateTimes.Add(after?.UpdateTime);
        }

        _last = time;
        foreach (var (path, document) in changed)
        {
            Put(path, document);
        }

        return new CommitOutcome.Committed(time, updateTimes);
    }

    private static CommitOutcome.Refused? Refuse(DocumentWrite write, StoredDocument? document) => write.Precondition switch
    {
        { Exists: false } when document is not null => new(FirestoreStatus.AlreadyExists, "Document already exists"),
        { Exists: true } when document is null => new(FirestoreStatus.NotFound, "No document to update"),
        { UpdateTime: { } required } when document?.UpdateTime != required => new(FirestoreStatus.FailedPrecondition, "the stored version does not match the required base version"),
        _ => null,
    };

    /// <summary>A write that changes nothing keeps the update time: whoever needs a new fence must change something.</summary>
    private static StoredDocument Apply(DocumentWrite write, StoredDocument? before, DateTimeOffset time)
    {
        var fields = write.Mask is null ? new DocumentFields(write.Fields) : new DocumentFields(before?.Fields ?? []);
        foreach (var field in write.Mask ?? [])
        {
            if (write.Fields.TryGetValue(field, out var value))
            {
                fields[field] = value;
            }
            else
            {
                fields.Remove(field);
            }
        }

        foreach (var transform in write.Transforms)
        {
            fields[transform.Field] = Transform(fields.GetValueOrDefault(transform.Field), transform, time);
        }

        return before is not null && FirestoreValue.From(before.Fields).Equals(FirestoreValue.From(fields))
            ? before
            : new StoredDocument(write.Path, fields, before?.CreateTime ?? time, time);
    }

    private static FirestoreValue Transform(FirestoreValue? before, FieldTransform transform, DateTimeOffset time) => transform.Kind switch
    {
        // Milliseconds, rounded down: never later than the commit, and one value for all its documents.
        FieldTransformKind.RequestTime => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond)),
        FieldTransformKind.Increment => (before?.AsInteger ?? 0) + transform.Operand!.AsInteger!.Value,
        _ => before?.AsInteger is { } number ? Math.Max(number, transform.Operand!.AsInteger!.Value) : transform.Operand!,
    };

    private void Put(string path, StoredDocument? document)
    {
        var collection = CollectionOf(path);
        if (!_collections.TryGetValue(collection, out var documents))
        {
            _collections[collection] = documents = new(StringComparer.Ordinal);
        }

        if (document is null)
        {
            documents.Remove(path);
        }
        else
        {
            documents[path] = document;
            Stored?.Invoke(document);
        }
    }

    private static string CollectionOf(string path) => path[..path.LastIndexOf('/')];
}
