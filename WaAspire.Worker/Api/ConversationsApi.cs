using System.Globalization;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>Conversations as lists, in the shapes that the old web client and the inbox read. Reads only, and bounded.</summary>
internal static class ConversationsApi
{
    private const int InboxDefault = 100;
    private const int MessagesDefault = 50;
    private const int PreviewMessages = 10;
    private const int PreviewThreads = 50;

    public static void MapConversations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/threads/{accountId}", ThreadsAsync);
        routes.MapGet("/messages", RecentAsync);
        routes.MapGet("/messages/{accountId}/{threadId}", MessagesAsync);
        routes.MapGet("/inbox/{accountId}", InboxAsync);
    }

    /// <summary>A number that makes no sense counts as absent; too large a one as the largest.</summary>
    private static int Bounded(string? limit, int otherwise, int most) =>
        int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? Math.Min(number, most) : otherwise;

    private static async Task<IResult> ThreadsAsync(
        string accountId, string? limit, AccountCatalog catalog, ConversationReader conversations, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(accountId, cancellationToken) is not ({ } account, _))
        {
            return AccountChange.NotFound;
        }

        var own = Jid.TryParse(AccountView.PhoneOf(account.Fields), out var jid) ? jid.Value : null;
        var threads = (await conversations.ThreadsAsync(accountId, Bounded(limit, MessagesDefault, ConversationReader.ThreadsMax), cancellationToken))
            .Where(thread => thread.Fields.Boolean("archived") != true && ContactOf(thread, accountId)?.Value != own).Select(Thread).ToArray();
        return Results.Json(new { success = true, threads, count = threads.Length });
    }

    private static async Task<IResult> RecentAsync(string? accountId, string? threadId, string? limit, ConversationReader conversations, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return AccountsApi.Invalid("accountId is required.");
        }

        if (threadId is { Length: > 0 })
        {
            return await MessagesAsync(accountId!, threadId, limit, conversations, cancellationToken);
        }

        var threads = await conversations.ThreadsAsync(accountId!, Bounded(limit, PreviewThreads, PreviewThreads), cancellationToken);
        var shown = await Task.WhenAll(threads.Where(ConversationReader.IsShown).Select(async thread =>
        {
            var json = Thread(thread);
            json["messages"] = new JsonArray([.. (await conversations.MessagesAsync(thread.Id, PreviewMessages, cancellationToken)).Select(message => Message(message))]);
            return json;
        }));
        return Results.Json(new { success = true, threads = shown });
    }

    private static async Task<IResult> MessagesAsync(string accountId, string threadId, string? limit, ConversationReader conversations, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(threadId) || await conversations.FindAsync(threadId, cancellationToken) is not { } thread)
        {
            return OperatorApi.Refuse(404, "thread_not_found", "There is no such thread.");
        }

        if (!ThreadId.IsOf(threadId, accountId) && thread.Fields.Text(ThreadFields.AccountId) != accountId)
        {
            return OperatorApi.Refuse(403, "account_mismatch", "The thread belongs to another account.");
        }

        var messages = (await conversations.MessagesAsync(threadId, Bounded(limit, MessagesDefault, ConversationReader.MessagesMax), cancellationToken)).Select(message => Message(message)).ToArray();
        return Results.Json(new { success = true, thread = Thread(thread), messages, count = messages.Length });
    }

    private static async Task<IResult> InboxAsync(
        string accountId, string? limit, AccountCatalog catalog, ConversationReader conversations, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(accountId, cancellationToken) is null)
        {
            return AccountChange.NotFound;
        }

        var newest = await conversations.InboxAsync(accountId, Bounded(limit, InboxDefault, ConversationReader.MessagesMax), cancellationToken);
        var messages = newest.Select(pair =>
        {
            var contact = ContactOf(pair.Thread, accountId);
            var json = Message(pair.Message);
            json["messageId"] = pair.Message.Id;
            json["threadId"] = pair.Thread.Id;
            json["clientJid"] = contact?.Value;
            json["displayName"] = pair.Thread.Fields.Text(ThreadFields.DisplayName);
            json["contactType"] = contact switch { { IsGroup: true } => "group", { IsHidden: true } => "linked_device", _ => "phone" };
            return json;
        }).ToArray();
        return Results.Json(new { success = true, messages, count = messages.Length, totalMessages = messages.Length });
    }

    private static Jid? ContactOf(StoredDocument thread, string accountId) =>
        Jid.TryParse(thread.Fields.Text(ThreadFields.ClientJid), out var jid) ? jid : ThreadId.JidOf(thread.Id, accountId);

    private static JsonObject Thread(StoredDocument thread) => WithId(ClientJson.Of(thread.Fields, ThreadFields.WaitingReactions), thread.Id);

    private static JsonObject Message(StoredDocument message) => WithId(ClientJson.Of(message.Fields, ConversationReader.Evidence), message.Id);

    private static JsonObject WithId(JsonObject json, string id)
    {
        json["id"] = id;
        return json;
    }
}
