using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Sessions;

/// <summary>
/// The keys of sessions, encrypted. Every write is one commit: the head <c>wa_sessions/{id}</c> with epoch and number, under
/// the update time of the write before it, and all keys with it. The first act of a new owner is such a write, and from
/// then on every write of an older term is refused as a whole, however late it comes. If we die in between, the keys are
/// as the last commit left them.
/// </summary>
public sealed class SessionStore(IFirestore firestore, SessionKeyRing ring, IOptions<SessionKeyOptions> options)
{
    private const string Purpose = "session-keys";
    private const int Rounds = 4;
    private const int PathsPerRead = 300;
    private const int PagesMax = 100;
    private readonly SessionKeyOptions _options = options.Value;

    /// <summary>Takes the session over for a new term. Null: a newer one has begun.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<SessionFence?> TouchAsync(string accountId, long epoch, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.Session(accountId);
        for (var round = 0; round < Rounds; round++)
        {
            var stored = (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path);
            var head = SessionHead.Of(stored);
            if (head.Epoch > epoch)
            {
                return null;
            }

            var fence = new SessionFence(accountId, epoch);
            if (head.Epoch == epoch)
            {
                fence.Know(stored!.UpdateTime, head.Seq, head.Generation);
                return fence;
            }

            fence.Know(stored?.UpdateTime ?? default, 0, head.Generation);
            if (await firestore.CommitAsync([Head(fence, 0, head.Generation, stored is null)], Purpose, cancellationToken) is CommitOutcome.Committed committed)
            {
                fence.Know(committed.UpdateTimes[0]!.Value, 0, head.Generation);
                await ReapAsync(accountId, head.Generation - 1, cancellationToken);
                return fence;
            }

            // Refused or lost: the next round sees who has it.
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "A session could not be taken over.");
    }

    /// <summary>
    /// The number of the last write when none is on its way: what a gateway that begins counts on from. Told too early, its first
    /// write would bear the number of its predecessor's last one, and be taken for it.
    /// </summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<long> SettleAsync(SessionFence fence, CancellationToken cancellationToken)
    {
        await fence.Turn.WaitAsync(cancellationToken);
        try
        {
            await (fence.IsDoubtful ? LookAgainAsync(fence) : Task.CompletedTask);
            return fence.Seq;
        }
        finally
        {
            fence.Turn.Release();
        }
    }

    /// <summary>What is stored of these; missing ones are left out.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    /// <exception cref="CryptographicException">A value was stored under a key that is not configured.</exception>
    public async Task<IReadOnlyList<KeyValuePair<SessionKey, string>>> ReadAsync(SessionFence fence, IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        var values = new List<KeyValuePair<SessionKey, string>>();
        foreach (var part in keys.Distinct().Chunk(PathsPerRead))
        {
            var read = await firestore.GetAsync([.. part.Select(key => PathOf(fence, fence.Generation, key))], Purpose, cancellationToken);
            var found = read.Documents.ToDictionary(document => document.Path, StringComparer.Ordinal);
            foreach (var key in part)
            {
                if (found.TryGetValue(PathOf(fence, fence.Generation, key), out var stored))
                {
                    values.Add(new(key, ring.Open(stored.Fields.Text("keyId"), stored.Fields.Text("value"), Place(fence, fence.Generation, key))));
                }
            }
        }

        return values;
    }

    /// <param name="fence">Of the owner.</param>
    /// <param name="seq">Must be the last number + 1; one that is stored already changes nothing.</param>
    /// <param name="clear">All that was stored before is gone with it.</param>
    /// <param name="writes">Each key once.</param>
    /// <param name="cancellationToken">Ends the wait for the line, not a commit on its way.</param>
    /// <exception cref="FirestoreException">The store is out, or a reply is lost: the same write may be repeated.</exception>
    public async Task<SessionWriteResult> WriteAsync(SessionFence fence, long seq, bool clear, IReadOnlyList<SessionKeyWrite> writes, CancellationToken cancellationToken)
    {
        await fence.Turn.WaitAsync(cancellationToken);
        try
        {
            var before = fence.Generation;
            var result = await WriteInTurnAsync(fence, seq, clear, writes);
            await (result == SessionWriteResult.Stored && fence.Generation > before ? ReapAsync(fence.AccountId, before, cancellationToken) : Task.CompletedTask);
            return result;
        }
        finally
        {
            fence.Turn.Release();
        }
    }

    /// <summary>All keys are gone, unless a newer term has begun.</summary>
    /// <exception cref="FirestoreException">The store is out, or a reply is lost: it may be repeated.</exception>
    public Task ClearAsync(SessionFence fence, CancellationToken cancellationToken) => WriteAsync(fence, fence.Seq + 1, clear: true, [], cancellationToken);

    private async Task<SessionWriteResult> WriteInTurnAsync(SessionFence fence, long seq, bool clear, IReadOnlyList<SessionKeyWrite> writes)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await (fence.IsDoubtful ? LookAgainAsync(fence) : Task.CompletedTask);
            if (fence.IsOver || seq > fence.Seq + 1)
            {
                return SessionWriteResult.Stale;
            }

            if (seq <= fence.Seq)
            {
                return SessionWriteResult.Stored;
            }

            var generation = fence.Generation + (clear ? 1 : 0);
            DocumentWrite[] commit = [Head(fence, seq, generation, isFirst: false), .. writes.Select(write => KeyWrite(fence, generation, write))];
            if (commit.Sum(SizeOf) > _options.WriteBytesMax || commit.Any(write => SizeOf(write) > _options.KeyBytesMax))
            {
                return SessionWriteResult.Refused;
            }

            switch (await firestore.CommitAsync(commit, Purpose, CancellationToken.None))
            {
                case CommitOutcome.Committed committed:
                    fence.Know(committed.UpdateTimes[0]!.Value, seq, generation);
                    return SessionWriteResult.Stored;
                case CommitOutcome.Refused { Status: FirestoreStatus.InvalidArgument }:
                    return SessionWriteResult.Refused;
                case CommitOutcome.Refused { Status: FirestoreStatus.FailedPrecondition or FirestoreStatus.Aborted or FirestoreStatus.NotFound }:
                    fence.Doubt();
                    break;
                case CommitOutcome.Refused refused:
                    throw new FirestoreException(refused.Status, refused.Message);
                case CommitOutcome.Lost lost:
                    // It may be applied yet. Whoever repeats it looks first, and the fence lets one of the two through.
                    fence.Doubt();
                    throw new FirestoreException(FirestoreStatus.Unavailable, lost.Reason);
            }
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "A session could not be written.");
    }

    private async Task LookAgainAsync(SessionFence fence)
    {
        var path = FirestorePaths.Session(fence.AccountId);
        var stored = (await firestore.GetAsync([path], Purpose, CancellationToken.None)).Find(path);
        var head = SessionHead.Of(stored);
        if (stored is null || head.Epoch != fence.Epoch)
        {
            fence.End();
            return;
        }

        fence.Know(stored.UpdateTime, head.Seq, head.Generation);
    }

    /// <summary>Deletes what a cleared session has left. What stays because we die here is deleted when the next term begins.</summary>
    private async Task ReapAsync(string accountId, long generation, CancellationToken cancellationToken)
    {
        try
        {
            for (var page = 0; page < PagesMax && generation >= 0; page++)
            {
                var query = new DocumentQuery(FirestorePaths.SessionKeys(accountId)) { Where = [FieldFilter.Equal("generation", generation)], Limit = PathsPerRead };
                var old = await firestore.QueryAsync(query, Purpose, cancellationToken);
                if (old.Documents.Count == 0)
                {
                    return;
                }

                await firestore.CommitAsync([.. old.Documents.Select(key => DocumentWrite.Delete(key.Path))], Purpose, cancellationToken);
            }
        }
        catch (FirestoreException)
        {
            // They are unreadable for everybody already.
        }
    }

    private static DocumentWrite Head(SessionFence fence, long seq, long generation, bool isFirst)
    {
        var path = FirestorePaths.Session(fence.AccountId);
        var fields = new DocumentFields { ["epoch"] = fence.Epoch, ["seq"] = seq, ["generation"] = generation };
        var at = FieldTransform.RequestTime("updatedAt");
        return isFirst ? DocumentWrite.Create(path, fields, at) : DocumentWrite.Update(path, Precondition.UnchangedSince(fence.UpdateTime), fields, deleted: null, at);
    }

    private DocumentWrite KeyWrite(SessionFence fence, long generation, SessionKeyWrite write)
    {
        var path = PathOf(fence, generation, write.Key);
        if (write.Value is not { } value)
        {
            return DocumentWrite.Delete(path);
        }

        var (keyId, text) = ring.Seal(value, Place(fence, generation, write.Key));
        return DocumentWrite.Set(path, new DocumentFields { ["generation"] = generation, ["keyId"] = keyId, ["value"] = text });
    }

    private static string Place(SessionFence fence, long generation, SessionKey key) => $"{fence.AccountId}|{generation}|{key.Type}|{key.Id}";

    private static string PathOf(SessionFence fence, long generation, SessionKey key) =>
        FirestorePaths.SessionKey(fence.AccountId, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Place(fence, generation, key)))));

    private static int SizeOf(DocumentWrite write) => 500 + (write.Fields.Text("value")?.Length ?? 0);

    private readonly record struct SessionHead(long Epoch, long Seq, long Generation)
    {
        public static SessionHead Of(StoredDocument? stored) => new(
            stored?.Fields.Integer("epoch") ?? 0, stored?.Fields.Integer("seq") ?? 0, stored?.Fields.Integer("generation") ?? 0);
    }
}
