using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>
/// Two workers and one store, for the suites of behaviours that every store must show: the real client over the emulator
/// passes them, and so must whatever stands in for it.
/// </summary>
public abstract class OutboxWorld
{
    private static int _count;

    public abstract IServiceProvider Worker { get; }

    public abstract IServiceProvider OtherWorker { get; }

    /// <summary>Until disposed, the next commit that names this document is applied and its reply is lost.</summary>
    public abstract Task<IAsyncDisposable> LoseReplyAsync(string requestId);

    /// <summary>Until disposed, the next commits are answered with an outage.</summary>
    public abstract Task<IAsyncDisposable> FailCommitsAsync(int times);

    /// <summary>What the proxy commits for one message: the outbox document, then its copy in the thread.</summary>
    internal static DocumentWrite[] QueuedWrites(string requestId, string threadId, string accountId = "account") =>
    [
        DocumentWrite.Create(
            FirestorePaths.OutboxMessage(requestId),
            new DocumentFields
            {
                [OutboxFields.RequestId] = requestId,
                [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
                [OutboxFields.AccountId] = accountId,
                [OutboxFields.ThreadId] = threadId,
                [OutboxFields.ToJid] = "40712345678@s.whatsapp.net",
                [OutboxFields.Body] = requestId,
                [OutboxFields.Shard] = (long)OutboxShard.Of(threadId),
                [OutboxFields.Status] = OutboxStatusNames.Queued,
                [OutboxFields.AttemptCount] = 0L,
            },
            FieldTransform.RequestTime(OutboxFields.OrderAt),
            FieldTransform.RequestTime(OutboxFields.NextAttemptAt)),
        DocumentWrite.Create(
            FirestorePaths.ThreadMessage(threadId, requestId), new DocumentFields { [ThreadMessageFields.Status] = OutboxStatusNames.Queued }),
    ];

    /// <summary>A queued message with its copy in the thread, as the proxy leaves it.</summary>
    public async Task<OutboxDocument> QueueAsync(string? threadId = null, bool withCopy = true)
    {
        var number = Interlocked.Increment(ref _count);
        var requestId = number.ToString("x64");
        threadId ??= $"account__4070{number:d7}@s.whatsapp.net";
        var writes = QueuedWrites(requestId, threadId);
        await CommitAsync(withCopy ? writes : writes[..1]);
        return await ReadAsync(requestId);
    }

    public async Task<OutboxDocument> ReadAsync(string requestId) => OutboxDocument.Read((await FindAsync(FirestorePaths.OutboxMessage(requestId)))!);

    public async Task<string?> ShownAsync(OutboxDocument message) =>
        (await FindAsync(FirestorePaths.ThreadMessage(message.ThreadId!, message.RequestId)))?.Fields.Text(ThreadMessageFields.Status);

    public async Task<StoredDocument?> FindAsync(string path) =>
        (await Worker.GetRequiredService<IFirestore>().GetAsync([path], "test", CancellationToken.None)).Find(path);

    public async Task CommitAsync(IReadOnlyList<DocumentWrite> writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Worker.GetRequiredService<IFirestore>().CommitAsync(writes, "test", CancellationToken.None));

    public async Task<ClaimedMessage> ClaimAsync(OutboxDocument message) =>
        (await Worker.GetRequiredService<Claims>().ClaimAsync(message, CancellationToken.None))!;

    public Task<Recorded> RecordAsync(ClaimedMessage claimed, SendOutcome outcome, Func<PreparedClaim?>? ride = null) =>
        Worker.GetRequiredService<OutcomeRecorder>().RecordAsync(claimed, outcome, ride ?? (() => null), CancellationToken.None);
}
