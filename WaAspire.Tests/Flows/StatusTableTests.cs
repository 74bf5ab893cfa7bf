using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>The contract's answers and the list of bad input, once each, on the product as the AppHost runs it.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class StatusTableTests(RunningSystem system)
{
    private const string Send = "/whatsappProxySend";

    public static TheoryData<string, int, string> Refusals => new()
    {
        { "no body", 400, "invalid_request" },
        { "broken JSON", 400, "invalid_request" },
        { "wrong types", 400, "invalid_request" },
        { "a field missing", 400, "invalid_request" },
        { "a text too long", 400, "invalid_request" },
        { "control characters", 400, "invalid_request" },
        { "a lone surrogate", 400, "invalid_request" },
        { "10 MB", 413, "payload_too_large" },
        { "no token", 401, "missing_auth_token" },
        { "a bad token", 401, "unauthorized" },
        { "no employee", 403, "employee_only" },
        { "another account", 403, "account_mismatch" },
        { "another recipient", 403, "recipient_mismatch" },
        { "somebody else's thread", 403, "not_owner_or_cowriter" },
        { "an unknown thread", 404, "thread_not_found" },
        { "another method", 405, "method_not_allowed" },
        { "a store that is out", 503, "service_unavailable" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task a_refusal_has_its_status_and_code_in_the_envelope_and_writes_nothing(string situation, int status, string error)
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        await using var outage = situation == "a store that is out" ? await OutageAsync() : null;

        using var response = await AskAsync(company, situation);

        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, error, false), ((int)response.StatusCode, body.GetProperty("error").GetString(), body.GetProperty("success").GetBoolean()));
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        if (error == "not_owner_or_cowriter")
        {
            Assert.Equal("Only thread owner or co-writers can send messages", body.GetProperty("message").GetString());
        }

        if (outage is null)
        {
            Assert.Empty(await company.AllOutboxAsync());
        }
    }

    [Theory]
    [InlineData(Send)]
    [InlineData("/demo-waaspire/us-central1" + Send)]
    public async Task a_message_is_accepted_once_and_a_repeat_is_its_duplicate(string path)
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);

        foreach (var duplicate in new[] { false, true })
        {
            using var response = await PostAsync(path, company.Bearer, Body(company, text: $"said once, duplicate {duplicate}"));
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal((HttpStatusCode.OK, true, duplicate), (response.StatusCode, body.GetProperty("success").GetBoolean(), body.GetProperty("duplicate").GetBoolean()));
            Assert.Equal(RequestId.Of(company.ThreadId(1), company.Uid, "a-client-message-id"), body.GetProperty("requestId").GetString());
        }

        Assert.Single(await company.AllOutboxAsync());
    }

    [Fact]
    public async Task webhooks_verify_and_are_believed_only_when_signed()
    {
        using var verified = await system.Proxy.GetAsync("/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=local-whatsapp-verify-token");
        Assert.Equal((HttpStatusCode.OK, "1158201444"), (verified.StatusCode, await verified.Content.ReadAsStringAsync()));
        using var refused = await system.Proxy.GetAsync("/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        const string Update = """{"object":"whatsapp_business_account","entry":[]}""";
        Assert.Equal(HttpStatusCode.OK, (await WebhookAsync(Update, Update)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await WebhookAsync(Update, Update + " ")).StatusCode);
    }

    private async Task<HttpResponseMessage> AskAsync(Company company, string situation)
    {
        switch (situation)
        {
            case "no body": return await PostAsync(Send, company.Bearer, "");
            case "broken JSON": return await PostAsync(Send, company.Bearer, "{\"threadId\":");
            case "wrong types": return await PostAsync(Send, company.Bearer, Body(company).Replace("\"hello\"", "[1]", StringComparison.Ordinal));
            case "a field missing": return await PostAsync(Send, company.Bearer, "{\"threadId\":\"t\"}");
            case "a text too long": return await PostAsync(Send, company.Bearer, Body(company, text: new string('x', 4097)));
            case "control characters": return await PostAsync(Send, company.Bearer, Body(company, text: "a\u0007b"));
            case "a lone surrogate": return await PostAsync(Send, company.Bearer, Body(company).Replace("hello", "\\ud800", StringComparison.Ordinal));
            case "10 MB": return await PostAsync(Send, company.Bearer, Body(company, text: new string('x', 10 * 1024 * 1024)));
            case "no token": return await PostAsync(Send, null, Body(company));
            case "a bad token": return await PostAsync(Send, new("Bearer", "not.a.token"), Body(company));
            case "no employee":
                await company.CommitAsync(DocumentWrite.Delete(FirestorePaths.StaffProfile(company.Uid)));
                return await PostAsync(Send, company.Bearer, Body(company));
            case "another account": return await PostAsync(Send, company.Bearer, Body(company, accountId: "another"));
            case "another recipient": return await PostAsync(Send, company.Bearer, Body(company, toJid: "40799999999@s.whatsapp.net"));
            case "somebody else's thread":
                await company.CommitAsync(DocumentWrite.Update(
                    FirestorePaths.Thread(company.ThreadId(1)), Precondition.Present, new DocumentFields { ["ownerUid"] = "somebody-else" }));
                return await PostAsync(Send, company.Bearer, Body(company));
            case "an unknown thread": return await PostAsync(Send, company.Bearer, Body(company, threadId: "unknown"));
            case "another method": return await system.Proxy.GetAsync(Send);
            default: return await PostAsync(Send, company.Bearer, Body(company));
        }
    }

    private static string Body(Company company, string? threadId = null, string? accountId = null, string? toJid = null, string text = "hello") =>
        JsonSerializer.Serialize(new
        {
            threadId = threadId ?? company.ThreadId(1),
            accountId = accountId ?? company.AccountId,
            toJid = toJid ?? company.JidOf(1),
            text,
            clientMessageId = "a-client-message-id",
        });

    private async Task<HttpResponseMessage> PostAsync(string path, AuthenticationHeaderValue? bearer, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = bearer;
        return await system.Proxy.SendAsync(request);
    }

    private async Task<HttpResponseMessage> WebhookAsync(string body, string signed)
    {
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes("local-whatsapp-app-secret"), Encoding.UTF8.GetBytes(signed));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/whatsapp") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(signature));
        return await system.Proxy.SendAsync(request);
    }

    /// <summary>Firestore answers no read; nothing of this company's can be stored meanwhile.</summary>
    private async Task<IAsyncDisposable> OutageAsync()
    {
        using var response = await system.Firebase.PutAsJsonAsync(
            "/emulator/v1/faults", new { failures = new[] { new { operation = "batchGet", status = "UNAVAILABLE", times = 10_000 } } });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new OutageOver(system.Firebase);
    }

    private sealed class OutageOver(HttpClient firebase) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await firebase.DeleteAsync("/emulator/v1/faults")).Dispose();
    }
}
