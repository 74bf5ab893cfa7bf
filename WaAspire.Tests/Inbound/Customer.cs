using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

/// <summary>Somebody who writes to a business number that nobody else writes to, as Meta's signed webhooks tell it.</summary>
internal sealed class Customer
{
    public const string Time = "1767225600";
    private static int _numbers;
    private readonly ProxyUnderTest _proxy;

    private Customer(ProxyUnderTest proxy, int number)
    {
        _proxy = proxy;
        AccountId = ProxyUnderTest.Next("inbound-account");
        PhoneNumberId = $"1000{number:d8}";
        Phone = $"4073{number:d7}";
    }

    public string AccountId { get; }

    public string PhoneNumberId { get; }

    public string Phone { get; }

    public string Jid => $"{Phone}@s.whatsapp.net";

    public string ThreadId => $"{AccountId}__{Jid}";

    public static DateTimeOffset At { get; } = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Time));

    public static async Task<Customer> MeetAsync(ProxyUnderTest proxy)
    {
        var customer = new Customer(proxy, Interlocked.Increment(ref _numbers));
        await proxy.SetAsync(FirestorePaths.Account(customer.AccountId), new DocumentFields
        {
            ["accountId"] = customer.AccountId,
            ["provider"] = "cloud_api",
            ["phoneNumberId"] = customer.PhoneNumberId,
            ["status"] = "connected",
        });
        return customer;
    }

    /// <summary>One of <c>messages[]</c>: the members of <paramref name="content"/> over what every message has.</summary>
    public JsonObject Message(string id, string content, string time = Time)
    {
        var message = new JsonObject { ["from"] = Phone, ["id"] = id, ["timestamp"] = time };
        foreach (var (name, value) in JsonNode.Parse(content)!.AsObject())
        {
            message[name] = value?.DeepClone();
        }

        return message;
    }

    public JsonObject Text(string id, string text, string time = Time) =>
        Message(id, JsonSerializer.Serialize(new { type = "text", text = new { body = text } }), time);

    public static JsonObject Status(string id, string status, string? opaque = null, string more = "{}")
    {
        var update = new JsonObject { ["id"] = id, ["status"] = status, ["timestamp"] = Time, ["recipient_id"] = "40700000001", ["biz_opaque_callback_data"] = opaque };
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
        {
            update[name] = value?.DeepClone();
        }

        return update;
    }

    public string Body(IEnumerable<JsonNode>? messages = null, IEnumerable<JsonNode>? statuses = null, string? contacts = null) => new JsonObject
    {
        ["object"] = "whatsapp_business_account",
        ["entry"] = new JsonArray(new JsonObject
        {
            ["id"] = "102290129340398",
            ["changes"] = new JsonArray(new JsonObject
            {
                ["field"] = "messages",
                ["value"] = new JsonObject
                {
                    ["messaging_product"] = "whatsapp",
                    ["metadata"] = new JsonObject { ["display_phone_number"] = "15550000001", ["phone_number_id"] = PhoneNumberId },
                    ["contacts"] = JsonNode.Parse(contacts ?? JsonSerializer.Serialize(new[] { new { profile = new { name = "Ana Pop" }, wa_id = Phone } })),
                    ["messages"] = new JsonArray([.. (messages ?? []).Select(message => message.DeepClone())]),
                    ["statuses"] = new JsonArray([.. (statuses ?? []).Select(status => status.DeepClone())]),
                },
            }),
        }),
    }.ToJsonString();

    public async Task WriteAsync(params JsonObject[] messages) => Assert.Equal(200, (await DeliverAsync(Body(messages))).Status);

    public async Task TellAsync(params JsonObject[] statuses) => Assert.Equal(200, (await DeliverAsync(Body(statuses: statuses))).Status);

    public Task<ProxyUnderTest.Answer> DeliverAsync(string body, HttpClient? client = null) => DeliverAsync(client ?? _proxy.Client, Encoding.UTF8.GetBytes(body));

    public static Task<ProxyUnderTest.Answer> DeliverAsync(HttpClient client, byte[] body) => ProxyUnderTest.SendAsync(
        client, HttpMethod.Post, "/webhooks/whatsapp", null, new ByteArrayContent(body), ("X-Hub-Signature-256", Sign(body)));

    public Task<StoredDocument?> ThreadAsync(string? threadId = null) => _proxy.FindAsync(FirestorePaths.Thread(threadId ?? ThreadId));

    public Task<IReadOnlyList<StoredDocument>> MessagesAsync(string? threadId = null) => _proxy.MessagesAsync(threadId ?? ThreadId);

    public Task<StoredDocument?> MarkerAsync(string id) => _proxy.FindAsync(FirestorePaths.InboundMarker(AccountId, id));

    public Task<StoredDocument?> SetAsideAsync(string raw) =>
        _proxy.FindAsync(FirestorePaths.InboundSetAside(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(raw)))));

    private static string Sign(byte[] body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), body));
}
