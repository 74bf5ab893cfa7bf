namespace WaAspire.Messaging.Firestore;

/// <summary>
/// The only way to Firestore. Expected outcomes of a commit are values; a read that cannot be answered before its
/// deadline throws <see cref="FirestoreException"/>. Every call names its purpose, under which its cost is counted.
/// </summary>
public interface IFirestore
{
    /// <summary>
    /// Applies all writes or none, in order. Retries only what certainly was not applied (no connection, RESOURCE_EXHAUSTED).
    /// </summary>
    Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken);

    /// <summary>Reads documents strongly. Paths that do not exist are absent from the answer.</summary>
    Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken);

    /// <summary>Runs one strong query.</summary>
    Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken);

    /// <summary>Counts what a query would return; billed one read per 1,000 index entries.</summary>
    Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken);
}

/// <summary>What a read returned, and the server's time of reading: the only "now" that documents are compared with.</summary>
public sealed record DocumentsRead(IReadOnlyList<StoredDocument> Documents, DateTimeOffset ReadTime)
{
    public StoredDocument? Find(string path) => Documents.FirstOrDefault(document => document.Path == path);
}

/// <summary>A closed set: what became of a commit.</summary>
public abstract record CommitOutcome
{
    private CommitOutcome()
    {
    }

    /// <summary>Applied. <paramref name="UpdateTimes"/> has one entry for each write, in order (null for a delete).</summary>
    public sealed record Committed(DateTimeOffset CommitTime, IReadOnlyList<DateTimeOffset?> UpdateTimes) : CommitOutcome;

    /// <summary>Certainly not applied, and why. <see cref="FirestoreStatus.Unavailable"/> here means that it was never sent.</summary>
    public sealed record Refused(FirestoreStatus Status, string Message) : CommitOutcome;

    /// <summary>The reply is lost: it may have been applied, or may be applied a little later. Read back.</summary>
    public sealed record Lost(string Reason) : CommitOutcome;
}

/// <summary>google.rpc.Code, by name, as Firestore's error bodies carry it in <c>error.status</c>.</summary>
public enum FirestoreStatus
{
    Unknown,
    InvalidArgument,
    FailedPrecondition,
    OutOfRange,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    Aborted,
    AlreadyExists,
    ResourceExhausted,
    Cancelled,
    Internal,
    DataLoss,
    Unimplemented,
    Unavailable,
    DeadlineExceeded,
}

/// <summary>An outage or a bug: no expected outcome of a call is thrown.</summary>
public sealed class FirestoreException(FirestoreStatus status, string message, Exception? inner = null) : Exception($"{status}: {message}", inner)
{
    public FirestoreStatus Status { get; } = status;
}
