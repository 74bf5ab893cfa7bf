using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.Messaging;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;

namespace WaAspire.Tests.Providers;

/// <summary>Files on their way to Meta, against a server that answers what the test says.</summary>
public sealed class CloudApiMediaTests : IAsyncLifetime
{
    private static readonly Account _account = new("account", "cloud_api", "connected", "100000000000001", false);
    private WebApplication _meta = null!;
    private (int Status, string Body) _answer = (200, """{"id":"media-1"}""");
    private TaskCompletionSource? _hang;
    private (string Path, string Authorization, string Product, string Type, string FileType, byte[] Bytes) _received;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _meta = builder.Build();
        _meta.Urls.Add("http://127.0.0.1:0");
        _meta.MapPost("/{**path}", ReceiveAsync);
        await _meta.StartAsync();
    }

    public async Task DisposeAsync() => await _meta.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_file_arrives_whole_in_the_form_that_meta_documents(bool lengthIsKnown)
    {
        var bytes = MediaFiles.Of("image/png", 200_000);

        var outcome = await UploadAsync(bytes, lengthIsKnown ? bytes.Length : null);

        Assert.Equal(new UploadOutcome.Stored("media-1"), outcome);
        Assert.Equal(("/v25.0/100000000000001/media", "Bearer a-token", "whatsapp", "image/png", "image/png"), (_received.Path, _received.Authorization, _received.Product, _received.Type, _received.FileType));
        Assert.Equal(bytes, _received.Bytes);
    }

    [Theory]
    [InlineData(400, """{"error":{"code":131053}}""", typeof(UploadOutcome.NotTaken))]
    [InlineData(401, """{"error":{"code":190}}""", typeof(UploadOutcome.Refused))]
    [InlineData(400, """{"error":{"code":100}}""", typeof(UploadOutcome.Refused))]
    [InlineData(429, """{"error":{"code":130429}}""", typeof(UploadOutcome.Unavailable))]
    [InlineData(400, """{"error":{"code":131056}}""", typeof(UploadOutcome.Refused))]
    [InlineData(503, """{"error":{"code":131016}}""", typeof(UploadOutcome.Unavailable))]
    [InlineData(500, """{"error":{"code":999999}}""", typeof(UploadOutcome.Unavailable))]
    [InlineData(502, "<html></html>", typeof(UploadOutcome.Unavailable))]
    [InlineData(200, "{}", typeof(UploadOutcome.Unavailable))]
    [InlineData(200, "null", typeof(UploadOutcome.Unavailable))]
    public async Task what_meta_answers_is_one_of_a_few_things(int status, string body, Type outcome)
    {
        _answer = (status, body);

        Assert.IsType(outcome, await UploadAsync(MediaFiles.Of("image/png")));
    }

    [Fact]
    public async Task meta_that_cannot_be_reached_is_a_reason_to_come_again()
    {
        await _meta.StopAsync();

        Assert.IsType<UploadOutcome.Unavailable>(await UploadAsync(MediaFiles.Of("image/png")));
    }

    [Fact]
    public async Task a_file_that_grows_too_large_never_arrives_whole()
    {
        Assert.IsType<UploadOutcome.TooLarge>(await UploadAsync(MediaFiles.Of("image/png", 1001), bytesMax: 1000));
        Assert.Null(_received.Bytes);
    }

    [Fact]
    public async Task an_account_without_a_number_uploads_nothing()
    {
        Assert.IsType<UploadOutcome.Refused>(await UploadAsync(MediaFiles.Of("image/png"), account: _account with { PhoneNumberId = null }));
        Assert.Null(_received.Path);
    }

    [Fact]
    public async Task a_process_that_stops_does_not_wait_for_a_file()
    {
        _hang = new TaskCompletionSource();
        using var stopping = new CancellationTokenSource();
        var upload = UploadAsync(MediaFiles.Of("image/png"), cancellationToken: stopping.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(_received.Bytes is not null), "the file is with Meta");

        await stopping.CancelAsync();

        Assert.IsType<UploadOutcome.Unavailable>(await upload);
        _hang.SetResult();
    }

    private async Task<UploadOutcome> UploadAsync(
        byte[] bytes, long? length = null, long bytesMax = 1 << 20, Account? account = null, CancellationToken cancellationToken = default)
    {
        var options = new CloudApiOptions { BaseUrl = _meta.Urls.Single() + "/v25.0", AccessToken = "a-token" };
        using var client = GraphClient.Create(options);
        using var file = new StreamedContent(bytes.AsMemory(0, 10), new MemoryStream(bytes, 10, bytes.Length - 10), length, bytesMax, "image/png");
        return await new CloudApiMedia(client, Options.Create(options), Tokens.Configured(options), TimeProvider.System).UploadAsync(account ?? _account, file, cancellationToken);
    }

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var file = form.Files.Single();
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        _received = (request.Path, request.Headers.Authorization.ToString(), form["messaging_product"].ToString(), form["type"].ToString(), file.ContentType, bytes.ToArray());
        if (_hang is { } hang)
            await hang.Task;
        return Results.Text(_answer.Body, "application/json", statusCode: _answer.Status);
    }
}
