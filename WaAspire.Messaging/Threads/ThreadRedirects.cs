using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Threads;

/// <summary>
/// From a thread that points to another one to where the conversation lives. One read for a thread that points nowhere. A pointer
/// to nothing, in a circle, or into another account is not followed.
/// </summary>
internal static class ThreadRedirects
{
    private const int HopsMax = 3;

    /// <returns>The id that the last lawful pointer names, and what is stored there; null when nothing is.</returns>
    public static async Task<(string ThreadId, StoredDocument? Stored)> FollowAsync(
        DocumentGatherer documents, string accountId, string threadId, string purpose, CancellationToken cancellationToken)
    {
        var (id, stored) = (threadId, await documents.GetAsync(FirestorePaths.Thread(threadId), purpose, cancellationToken));
        for (var hop = 0; hop < HopsMax && stored?.Fields.Text(ThreadFields.RedirectTo) is { } next; hop++)
        {
            if (next == id || !DocumentId.IsLawful(next)
                || await documents.GetAsync(FirestorePaths.Thread(next), purpose, cancellationToken) is not { } target || !IsOf(accountId, target))
            {
                break;
            }

            (id, stored) = (next, target);
        }

        return (id, stored);
    }

    /// <summary>Old documents hold a hash for the account; then their id says whose they are.</summary>
    public static bool IsOf(string accountId, StoredDocument thread) =>
        ThreadId.IsOf(thread.Id, accountId) || thread.Fields.Text(ThreadFields.AccountId) == accountId;
}
