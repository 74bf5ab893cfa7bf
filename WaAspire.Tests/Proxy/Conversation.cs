using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Proxy;

/// <summary>A thread that nobody else uses, and an employee who may write in it.</summary>
internal sealed class Conversation
{
    private static int _phones;

    private readonly ProxyUnderTest _proxy;

    private Conversation(ProxyUnderTest proxy, string accountId, string phone)
    {
        _proxy = proxy;
        AccountId = accountId;
        Jid = $"{phone}@s.whatsapp.net";
        ThreadId = $"{accountId}__{Jid}";
    }

    public string AccountId { get; }

    public string Jid { get; }

    public string ThreadId { get; }

    public string Uid { get; } = ProxyUnderTest.Next("uid");

    public string Token { get; private set; } = "";

    public static async Task<Conversation> OpenAsync(ProxyUnderTest proxy, DocumentFields? extra = null)
    {
        var conversation = new Conversation(proxy, ProxyUnderTest.Next("account"), $"4071{Interlocked.Increment(ref _phones):d7}");
        await proxy.SetAsync(FirestorePaths.Thread(conversation.ThreadId), new DocumentFields(extra ?? [])
        {
            ["accountId"] = conversation.AccountId,
            ["clientJid"] = conversation.Jid,
        });
        conversation.Token = await proxy.EmployeeAsync(conversation.Uid);
        return conversation;
    }

    /// <summary>A lawful body; <paramref name="change"/> spoils it.</summary>
    public string Body(Action<Dictionary<string, object?>>? change = null)
    {
        var fields = new Dictionary<string, object?>
        {
            ["threadId"] = ThreadId,
            ["accountId"] = AccountId,
            ["toJid"] = Jid,
            ["text"] = "Hello",
            ["clientMessageId"] = ProxyUnderTest.Next("client"),
        };
        change?.Invoke(fields);
        return JsonSerializer.Serialize(fields);
    }

    public Task<ProxyUnderTest.Answer> SendAsync(Action<Dictionary<string, object?>>? change = null, string? token = null, HttpClient? client = null) =>
        PostAsync(Body(change), token, client);

    public Task<ProxyUnderTest.Answer> PostAsync(string body, string? token = null, HttpClient? client = null) =>
        ProxyUnderTest.PostAsync(client ?? _proxy.Client, "/whatsappProxySend", token ?? Token, body);

    public async Task<StoredDocument> ThreadAsync() => (await _proxy.FindAsync(FirestorePaths.Thread(ThreadId)))!;

    public Task<IReadOnlyList<StoredDocument>> MessagesAsync() => _proxy.MessagesAsync(ThreadId);
}
