using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>Files at the door: who may bring which, and what the client hears when it goes no further. The worker is a server that says what the test wants.</summary>
[Collection(ProxyCollection.Name)]
public sealed class UploadTests(ProxyUnderTest proxy) : IAsyncLifetime
{
    private const string Path = "/whatsappProxyUploadMedia";
    private WebApplication _worker = null!;
    private HttpClient _client = null!;
    private int _answer = 200;
    private int _calls;
    private (string Query, string Token, string? ContentType, long? Length, byte[] Bytes) _received;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _worker = builder.Build();
        _worker.Urls.Add("http://127.0.0.1:0");
        _worker.MapPost("/internal/media", ReceiveAsync);
        await _worker.StartAsync();
        _client = await proxy.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", _worker.Urls.Single() + "/", "--INTERNAL_TOKEN", "a-token");
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task a_file_reaches_the_worker_byte_for_byte_with_our_token()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var bytes = MediaFiles.Of("image/jpeg", 300_000);

        var answer = await PostAsync(conversation, MediaFiles.Body("image/jpeg", bytes));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("media-1", answer.Body.GetProperty("mediaId").GetString());
        Assert.Equal(($"?accountId={conversation.AccountId}", "a-token", "image/jpeg", (long?)bytes.Length), (_received.Query, _received.Token, _received.ContentType, _received.Length));
        Assert.Equal(bytes, _received.Bytes);
    }

    [Fact]
    public async Task it_is_also_found_where_debug_clients_look()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        using var file = MediaFiles.Body("image/png");

        var answer = await ProxyUnderTest.SendAsync(_client, HttpMethod.Post, $"/{ProxyUnderTest.ProjectId}/us-central1{Path}{Query(conversation)}", conversation.Token, file);

        Assert.True(answer.Status == 200, answer.Text);
    }

    [Theory]
    [InlineData(404, 404, "account_not_found")]
    [InlineData(409, 409, "media_by_link_only")]
    [InlineData(413, 413, "payload_too_large")]
    [InlineData(415, 415, "unsupported_media_type")]
    [InlineData(401, 502, "upload_refused")]
    [InlineData(502, 502, "upload_refused")]
    [InlineData(503, 503, "service_unavailable")]
    [InlineData(500, 503, "service_unavailable")]
    [InlineData(204, 503, "service_unavailable")]
    public async Task what_the_worker_says_is_told_in_the_envelope(int worker, int status, string error)
    {
        _answer = worker;

        (await PostAsync(await Conversation.OpenAsync(proxy), MediaFiles.Body("image/png"))).AssertRefused(status, error);
    }

    [Fact]
    public async Task a_worker_that_is_away_is_a_reason_to_come_again()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await _worker.StopAsync();

        var answer = await PostAsync(conversation, MediaFiles.Body("image/png"));

        answer.AssertRefused(503, "service_unavailable");
        Assert.True(answer.Body.GetProperty("retryAfterSeconds").GetInt32() > 0);
    }

    [Fact]
    public async Task without_the_workers_address_the_setting_is_named()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var noAddress = await PostAsync(conversation, MediaFiles.Body("image/png"), proxy.Client);
        var noToken = await PostAsync(conversation, MediaFiles.Body("image/png"), await proxy.StartAnotherAsync("--WHATSAPP_BACKEND_BASE_URL", _worker.Urls.Single()));

        noAddress.AssertRefused(500, "configuration_missing");
        Assert.Contains("WHATSAPP_RAILWAY_BASE_URL", noAddress.Message);
        noToken.AssertRefused(500, "configuration_missing");
        Assert.Contains("INTERNAL_TOKEN", noToken.Message);
    }

    [Fact]
    public async Task who_may_not_send_may_not_upload()
    {
        var conversation = await Conversation.OpenAsync(proxy, new() { ["ownerUid"] = "somebody-else" });
        var uid = ProxyUnderTest.Next("stranger");
        var stranger = await proxy.SignUpAsync(uid);

        (await PostAsync(conversation, MediaFiles.Body("image/png"), token: "")).AssertRefused(401, "missing_auth_token");
        (await PostAsync(conversation, MediaFiles.Body("image/png"), token: "no-token")).AssertRefused(401, "unauthorized");
        (await PostAsync(conversation, MediaFiles.Body("image/png"), token: stranger)).AssertRefused(403, "employee_only");
        (await PostAsync(conversation, MediaFiles.Body("image/png"))).AssertRefused(403, "not_owner_or_cowriter");
        (await PostAsync(conversation, MediaFiles.Body("image/png"), query: $"?threadId={Uri.EscapeDataString(conversation.ThreadId)}&accountId=another")).AssertRefused(403, "account_mismatch");
        (await PostAsync(conversation, MediaFiles.Body("image/png"), query: "?threadId=nobody&accountId=a")).AssertRefused(404, "thread_not_found");
        Assert.Equal(0, _calls);
    }

    [Theory]
    [InlineData("", "threadId")]
    [InlineData("?threadId=t", "accountId")]
    [InlineData("?threadId=a%2Fb&accountId=a", "threadId")]
    public async Task the_ids_are_required(string query, string field)
    {
        var answer = await PostAsync(await Conversation.OpenAsync(proxy), MediaFiles.Body("image/png"), query: query);

        answer.AssertRefused(400, "invalid_request");
        Assert.StartsWith(field, answer.Message);
    }

    [Fact]
    public async Task a_file_that_is_not_what_it_says_is_refused_before_anybody_hears_of_it()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await PostAsync(conversation, MediaFiles.Body("image/png", MediaFiles.Of("image/jpeg")))).AssertRefused(415, "unsupported_media_type");
        (await PostAsync(conversation, MediaFiles.Body("text/plain", MediaFiles.Of("image/webp")))).AssertRefused(415, "unsupported_media_type");
        (await PostAsync(conversation, new ByteArrayContent(MediaFiles.Of("image/png")))).AssertRefused(415, "unsupported_media_type");
        (await PostAsync(conversation, WithType("image/gif", "GIF89a"u8.ToArray()))).AssertRefused(415, "unsupported_media_type");
        (await PostAsync(conversation, WithType("image/png", []))).AssertRefused(400, "invalid_request");
        (await PostAsync(conversation, new MultipartFormDataContent { { new StringContent("x"), "other" } })).AssertRefused(400, "invalid_request");
        Assert.Equal(0, _calls);
    }

    [Theory]
    [InlineData("image/png", 5 << 20)]
    [InlineData("image/webp", 100 << 10)]
    public async Task a_file_may_have_its_largest_size_and_not_a_byte_more(string mimeType, int max)
    {
        var conversation = await Conversation.OpenAsync(proxy);

        Assert.Equal(200, (await PostAsync(conversation, MediaFiles.Body(mimeType, MediaFiles.Of(mimeType, max)))).Status);
        (await PostAsync(conversation, MediaFiles.Body(mimeType, MediaFiles.Of(mimeType, max + 1)))).AssertRefused(413, "payload_too_large");
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task a_file_that_grows_too_large_on_the_way_never_arrives_whole()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var form = new MultipartFormDataContent { { MediaFiles.Body("image/png", MediaFiles.Of("image/png", (5 << 20) + 1)), "file", "a.png" } };

        (await PostAsync(conversation, form)).AssertRefused(413, "payload_too_large");

        Assert.Empty(_received.Bytes ?? []);
    }

    [Fact]
    public async Task more_files_at_a_time_than_there_are_places_are_told_to_come_again()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var client = await proxy.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", _worker.Urls.Single(), "--INTERNAL_TOKEN", "a-token", "--Media:UploadsAtOnce", "1");
        var held = new TaskCompletionSource();
        _hold = held.Task;
        var first = PostAsync(conversation, MediaFiles.Body("image/png"), client);
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref _calls) == 1), "the first file is with the worker");

        (await PostAsync(conversation, MediaFiles.Body("image/png"), client)).AssertRefused(503, "service_unavailable");
        held.SetResult();

        Assert.Equal(200, (await first).Status);
    }

    private Task _hold = Task.CompletedTask;

    private static string Query(Conversation conversation) => $"?threadId={Uri.EscapeDataString(conversation.ThreadId)}&accountId={conversation.AccountId}";

    private static ByteArrayContent WithType(string mimeType, byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new(mimeType);
        return content;
    }

    private async Task<ProxyUnderTest.Answer> PostAsync(Conversation conversation, HttpContent file, HttpClient? client = null, string? token = null, string? query = null)
    {
        using (file)
            return await ProxyUnderTest.SendAsync(client ?? _client, HttpMethod.Post, Path + (query ?? Query(conversation)), token switch { null => conversation.Token, "" => null, _ => token }, file);
    }

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        Interlocked.Increment(ref _calls);
        await _hold;
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes);
        _received = (request.QueryString.Value!, request.Headers["X-Internal-Token"].ToString(), request.ContentType, request.ContentLength, bytes.ToArray());
        return _answer == 200 ? Results.Json(new { success = true, mediaId = "media-1" }) : Results.StatusCode(_answer);
    }
}
