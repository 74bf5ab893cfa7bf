using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Providers.Baileys;

namespace WaAspire.Tests.Gateway;

/// <summary>Files of a linked account: by link out, on demand in, and never from where a link must not lead.</summary>
public sealed class LinkedFilesTests(LinkedWorld world) : IClassFixture<LinkedWorld>
{
    private const string Person = "40722000888";

    [Theory]
    [InlineData("image", "image/png")]
    [InlineData("document", "application/pdf")]
    [InlineData("sticker", "image/webp")]
    public async Task a_file_by_link_reaches_the_phone_as_it_is(string kind, string mimeType)
    {
        var account = await world.LinkAsync();
        var bytes = MediaFiles.Of(mimeType);
        await using var host = await FileHost.StartAsync((200, bytes));
        var file = new DocumentFields { ["link"] = host.Url };

        var requestId = await account.QueueAsync(await account.OpenThreadAsync(Person), "", new DocumentFields { ["type"] = kind, [kind] = FirestoreValue.From(file) });
        await account.BecomesAsync(requestId, OutboxStatus.Sent);

        var shown = await world.WhatsApp.GetAsync($"file?id={TransportMessageId.Of(requestId)}");
        Assert.Equal((kind, mimeType, Convert.ToBase64String(bytes)), (shown.GetProperty("kind").GetString(), shown.GetProperty("mimetype").GetString(), shown.GetProperty("data").GetString()));
    }

    [Fact]
    public async Task a_file_that_somebody_sends_is_described_in_the_thread_and_fetched_on_demand()
    {
        var account = await world.LinkAsync();
        var bytes = MediaFiles.Of("image/jpeg");
        await world.WhatsApp.PostAsync("inbound", new { account = account.Phone, from = Person, id = "3AFILE" + account.Phone, file = new { type = "image", data = Convert.ToBase64String(bytes), mimetype = "image/jpeg", caption = "look" } });
        var thread = account.ThreadId($"{Person}@s.whatsapp.net");
        var media = (await account.HearsAsync(thread, "3AFILE" + account.Phone)).Map(ThreadMessageFields.Media)!;
        Assert.Equal(("image", "image/jpeg", "look", (long?)bytes.Length), (media.Text("type"), media.Text("mimetype"), media.Text("caption"), media.Integer("sizeBytes")));
        Assert.NotNull(media.Text("thumbBase64"));

        var fetched = await world.Http.GetByteArrayAsync($"/internal/media?accountId={account.Id}&threadId={Uri.EscapeDataString(thread)}&messageId=3AFILE{account.Phone}");
        Assert.Equal(bytes, fetched);
        using var none = await world.Http.GetAsync($"/internal/media?accountId={account.Id}&threadId={Uri.EscapeDataString(thread)}&messageId=nothing");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task older_messages_come_when_somebody_asks_and_are_nobodys_news()
    {
        var account = await world.LinkAsync();
        var thread = account.ThreadId($"{Person}@s.whatsapp.net");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await world.WhatsApp.PostAsync("inbound", new { account = account.Phone, from = Person, text = "today", id = "3ANEW" + account.Phone, at = now });
        await account.HearsAsync(thread, "3ANEW" + account.Phone);
        var before = (await world.FindAsync(FirestorePaths.Thread(thread)))!;
        await world.WhatsApp.PostAsync("history", new
        {
            account = account.Phone,
            with = Person,
            messages = new object[]
            {
                new { id = "3AOLD1" + account.Phone, text = "long ago", at = now - 5000 },
                new { id = "3AOLD2" + account.Phone, text = "my answer then", at = now - 4000, fromMe = true },
                new { id = "3ANEW" + account.Phone, text = "today", at = now },
            },
        });

        using var asked = await world.Http.PostAsync($"/api/whatsapp/backfill/{account.Id}", null);
        Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync());
        var (theirs, ours) = (await account.HearsAsync(thread, "3AOLD1" + account.Phone), await account.HearsAsync(thread, "3AOLD2" + account.Phone));

        Assert.Equal(("inbound", "outbound", "backfill"), (theirs.Text(ThreadMessageFields.Direction), ours.Text(ThreadMessageFields.Direction), theirs.Text("syncSource")));
        var after = (await world.FindAsync(FirestorePaths.Thread(thread)))!;
        Assert.All(
            new[] { ThreadFields.LastMessageAt, ThreadFields.LastMessageText, ThreadFields.LastMessageDirection, ThreadFields.UnreadCount, ThreadFields.LastInboundAtMs },
            field => Assert.Equal(before[field], after[field]));
        await account.StandsAsync(stored => stored.Map("lastBackfillResult")?.Integer("threads") == 1, "what was asked for is noted");
    }

    [Theory]
    [InlineData("http://example.com/a.png", "The link is no https address")]
    [InlineData("file:///etc/passwd", "The link is no https address")]
    [InlineData("https://127.0.0.1/a.png", "The link leads into a private network")]
    [InlineData("https://[::1]/a.png", "The link leads into a private network")]
    [InlineData("https://169.254.169.254/latest", "The link leads into a private network")]
    [InlineData("https://10.1.2.3/a.png", "The link leads into a private network")]
    [InlineData("https://[::ffff:10.1.2.3]/a.png", "The link leads into a private network")]
    [InlineData("https://[fd00::1]/a.png", "The link leads into a private network")]
    [InlineData("https://localhost/a.png", "The link leads into a private network")]
    public async Task nobodys_link_leads_into_our_own_network(string link, string reason)
    {
        using var files = new LinkedFiles(Options.Create(new LinkedFileOptions()), TimeProvider.System);

        Assert.Equal(reason, Assert.IsType<FetchedFile.Refused>(await files.FetchAsync(link, MessageKinds.Image, CancellationToken.None)).Reason);
    }

    [Fact]
    public async Task what_is_too_large_or_no_such_file_is_refused_and_what_may_come_back_is_not_now()
    {
        await using var host = await FileHost.StartAsync(
            (200, MediaFiles.Of("image/png", size: 4000)), (200, "no picture at all"u8.ToArray()), (404, []), (503, []));
        using var files = new LinkedFiles(Options.Create(new LinkedFileOptions { AllowPrivate = true, BytesMax = 2000 }), TimeProvider.System);

        var outcomes = new List<FetchedFile>();
        for (var i = 0; i < 4; i++)
        {
            outcomes.Add(await files.FetchAsync(host.Url, MessageKinds.Image, CancellationToken.None));
        }

        Assert.Equal(
            [typeof(FetchedFile.Refused), typeof(FetchedFile.Refused), typeof(FetchedFile.Refused), typeof(FetchedFile.NotNow)],
            outcomes.Select(outcome => outcome.GetType()));
    }

    /// <summary>Somebody's server of files: one answer after the other, the last one for ever.</summary>
    private sealed class FileHost(WebApplication server) : IAsyncDisposable
    {
        public string Url => server.Urls.Single() + "/file";

        public static async Task<FileHost> StartAsync(params (int Status, byte[] Body)[] answers)
        {
            var builder = WebApplication.CreateBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var server = builder.Build();
            var asked = -1;
            server.MapGet("/file", async (HttpResponse response) =>
            {
                var (status, body) = answers[Math.Min(Interlocked.Increment(ref asked), answers.Length - 1)];
                response.StatusCode = status;
                await response.Body.WriteAsync(body);
            });
            await server.StartAsync();
            return new FileHost(server);
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
