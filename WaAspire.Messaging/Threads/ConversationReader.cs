using System.Globalization;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Threads;

/// <summary>
/// Conversations as lists, for clients that ask instead of listening. Reads only; every list is bounded, and so is what it
/// costs: one read a thread or message shown, and for an inbox at most <see cref="InboxThreadsMax"/> threads.
/// </summary>
public sealed class ConversationReader(IFirestore firestore)
{
    public const int ThreadsMax = 500;
    public const int MessagesMax = 500;

    /// <summary>Fields of a message that are evidence for repairs, not for people.</summary>
    public static readonly string[] Evidence = [ThreadMessageFields.Raw, ThreadMessageFields.UnknownFields, ThreadMessageFields.Receipts];

    private const string Purpose = "conversations";
    private const int InboxThreadsMax = 100;
    private const int PerThreadMax = 100;
    private const int ThreadsAtOnce = 10;

    /// <summary>The last active first. A thread without <c>lastMessageAt</c> is in no list.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<IReadOnlyList<StoredDocument>> ThreadsAsync(string accountId, int limit, CancellationToken cancellationToken) => (await firestore.QueryAsync(
        new DocumentQuery(FirestorePaths.Threads)
        {
            Where = [FieldFilter.Equal(ThreadFields.AccountId, accountId)],
            OrderBy = [new FieldOrder(ThreadFields.LastMessageAt, Descending: true)],
            Limit = Math.Min(limit, ThreadsMax),
        },
        Purpose,
        cancellationToken)).Documents;

    public async Task<StoredDocument?> FindAsync(string threadId, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.Thread(threadId);
        return (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path);
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<StoredDocument>> MessagesAsync(string threadId, int limit, CancellationToken cancellationToken) => (await firestore.QueryAsync(
        new DocumentQuery(FirestorePaths.ThreadMessages(threadId))
        {
            OrderBy = [new FieldOrder(ThreadMessageFields.TsClient, Descending: true)],
            Limit = Math.Min(limit, MessagesMax),
        },
        Purpose,
        cancellationToken)).Documents;

    /// <summary>
    /// The newest messages of all of an account's conversations, the newest first. No thread is read whose last activity is older
    /// than what the list holds already.
    /// </summary>
    public async Task<IReadOnlyList<(StoredDocument Thread, StoredDocument Message)>> InboxAsync(string accountId, int limit, CancellationToken cancellationToken)
    {
        List<(StoredDocument Thread, StoredDocument Message)> newest = [];
        var threads = (await ThreadsAsync(accountId, InboxThreadsMax, cancellationToken)).Where(IsShown);
        foreach (var some in threads.Chunk(ThreadsAtOnce))
        {
            if (newest.Count >= limit && At(newest[limit - 1].Message) >= some[0].Fields.Timestamp(ThreadFields.LastMessageAt))
            {
                break;
            }

            var read = await Task.WhenAll(some.Select(thread => MessagesAsync(thread.Id, Math.Min(limit, PerThreadMax), cancellationToken)));
            var found = some.Zip(read, (thread, messages) => messages.Select(message => (Thread: thread, Message: message))).SelectMany(pair => pair);
            newest = [.. newest.Concat(found).OrderByDescending(pair => At(pair.Message)).Take(limit)];
        }

        return newest;
    }

    /// <summary>Not put away, and no pointer to another thread.</summary>
    public static bool IsShown(StoredDocument thread) =>
        thread.Fields.Boolean("archived") != true && thread.Fields.Boolean("hidden") != true && thread.Fields.Text(ThreadFields.RedirectTo) is null;

    /// <summary>When it was said; old documents hold it as a text.</summary>
    private static DateTimeOffset At(StoredDocument message) =>
        message.Fields.Timestamp(ThreadMessageFields.TsClient)
        ?? (DateTimeOffset.TryParse(message.Fields.Text(ThreadMessageFields.TsClient), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var text) ? text : message.CreateTime);
}
