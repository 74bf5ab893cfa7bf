using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>Reads change nothing, so each is tried again until its deadline.</summary>
internal sealed partial class RestFirestore
{
    private const int IndexEntriesPerBilledRead = 1000;

    public async Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count);
        var read = await ReadAsync(
            $"{options.Documents}:batchGet", WireRequest.BatchGet(options.Documents, paths), Documents, purpose, cancellationToken);
        clock.Observe(read.ReadTime);
        // A document that is not there is billed as well.
        cost.Reads(purpose, paths.Count);
        return read;
    }

    public async Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(
            $"{WireQuery.ParentOf(options.Documents, query)}:runQuery", WireRequest.Query(options.Documents, query), Documents, purpose, cancellationToken);
        clock.Observe(read.ReadTime);
        cost.Reads(purpose, read.Documents.Count);
        return read;
    }

    public async Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken)
    {
        var (count, readTime) = await ReadAsync(
            $"{WireQuery.ParentOf(options.Documents, query)}:runAggregationQuery",
            WireRequest.Count(options.Documents, query),
            WireReply.Count,
            purpose,
            cancellationToken);
        clock.Observe(readTime);
        cost.Reads(purpose, (count + IndexEntriesPerBilledRead - 1) / IndexEntriesPerBilledRead);
        return count;
    }

    private DocumentsRead Documents(JsonElement body) => WireReply.Documents(body, options.Documents);

    private async Task<T> ReadAsync<T>(
        string target, byte[] body, Func<JsonElement, T> parse, string purpose, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ReadTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        for (var attempt = 0; ; attempt++)
        {
            var reply = await transport.PostAsync(target, body, parse, deadline.Token);
            cost.Rpc(reply, purpose);
            if (reply is Reply<T>.Answer answer)
                return answer.Value;
            cancellationToken.ThrowIfCancellationRequested();
            var failure = FailureOf(reply, purpose);
            if (!MayPass(failure.Status) || !await pause.WaitAsync(attempt, deadline.Token))
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw failure;
            }
        }
    }

    private static FirestoreException FailureOf<T>(Reply<T> reply, string purpose) => reply switch
    {
        Reply<T>.Error error => new FirestoreException(error.Status, $"{purpose}: {error.Message}"),
        Reply<T>.NotSent notSent => new FirestoreException(FirestoreStatus.Unavailable, $"{purpose}: {notSent.Reason}"),
        Reply<T>.Broken broken => new FirestoreException(FirestoreStatus.Unavailable, $"{purpose}: {broken.Reason}"),
        _ => throw new InvalidOperationException("A reply of an unknown kind."),
    };

    private static bool MayPass(FirestoreStatus status) => status
        is FirestoreStatus.Unavailable or FirestoreStatus.DeadlineExceeded or FirestoreStatus.Internal
        or FirestoreStatus.ResourceExhausted or FirestoreStatus.Aborted;
}
