using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>What the person who holds the phone can do besides writing: send files, react, block.</summary>
public sealed class PersonTests : IAsyncLifetime
{
    private WebhookReceiver _receiver = null!;
    private Simulator _simulator = null!;

    public async Task InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        _simulator = await Simulator.StartAsync(("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"));
    }

    public async Task DisposeAsync()
    {
        await _simulator.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Theory]
    [InlineData("image/jpeg", "image", "The hall")]
    [InlineData("image/png", "image", null)]
    [InlineData("audio/ogg", "audio", null)]
    [InlineData("application/pdf", "document", "The offer")]
    public async Task a_file_from_the_phone_is_told_and_can_be_fetched(string mimeType, string type, string? caption)
    {
        var bytes = MediaFiles.Of(mimeType);
        using var answer = await FileAsync(mimeType, bytes, caption is null ? "" : $"&caption={Uri.EscapeDataString(caption)}");
        var ids = await answer.Content.ReadFromJsonAsync<JsonElement>();

        var message = await _receiver.InboundAsync();
        Assert.Equal((ids.GetProperty("id").GetString(), type), (message.GetProperty("id").GetString(), message.GetProperty("type").GetString()));
        var told = message.GetProperty(type);
        Assert.Equal(
            (ids.GetProperty("mediaId").GetString(), mimeType, Convert.ToBase64String(SHA256.HashData(bytes))),
            (told.GetProperty("id").GetString(), told.GetProperty("mime_type").GetString(), told.GetProperty("sha256").GetString()));
        Assert.Equal(caption, told.TryGetProperty("caption", out var words) ? words.GetString() : null);

        var about = await _simulator.Http.GetFromJsonAsync<JsonElement>($"/v25.0/{told.GetProperty("id").GetString()}?phone_number_id={Simulator.Number}");
        Assert.Equal(bytes, await _simulator.Http.GetByteArrayAsync(about.GetProperty("url").GetString()));
    }

    [Theory]
    [InlineData("image/gif", 10)]
    [InlineData("image/png", 0)]
    [InlineData("image/png", (5 << 20) + 1)]
    public async Task a_file_that_whatsapp_does_not_take_is_refused(string mimeType, int size)
    {
        using var answer = await FileAsync(mimeType, new byte[size]);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0, (await _simulator.StatusAsync()).GetProperty("media").GetProperty("files").GetInt32());
    }

    [Fact]
    public async Task what_is_sent_to_somebody_who_blocks_is_never_delivered_and_unblocking_does_not_bring_it_back()
    {
        await BlockAsync(true);
        var lost = await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal((lost, "sent"), await NextAsync());
        using var written = await _simulator.Http.PostAsJsonAsync("/simulator/inbound", Simulator.Says("to whom I blocked"));
        Assert.Equal(HttpStatusCode.BadRequest, written.StatusCode);
        using var file = await FileAsync("image/png", MediaFiles.Of("image/png"));
        Assert.Equal(HttpStatusCode.BadRequest, file.StatusCode);

        await BlockAsync(false);
        var next = await _simulator.SendAsync(Simulator.Text("two"));
        Assert.Equal((next, "sent"), await NextAsync());
        Assert.Equal((next, "delivered"), await NextAsync());
        await _simulator.WriteAsync(Simulator.Says("friends again"));
    }

    [Fact]
    public async Task a_block_can_fail_messages_with_a_code()
    {
        await BlockAsync(true, 131026);
        var id = await _simulator.SendAsync(Simulator.Text("one", opaque: "r:1"));
        Assert.Equal((id, "sent"), await NextAsync());
        var failed = await _receiver.NextAsync();
        Assert.Equal((id, "failed", "r:1"), (failed.Id, failed.Status, failed.Opaque));
        Assert.Equal(131026, failed.Json.GetProperty("errors")[0].GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task blocking_is_between_one_person_and_one_number()
    {
        await BlockAsync(true);
        var other = await _simulator.SendAsync(Simulator.Text("one", "+40722222222"));
        Assert.Equal((other, "sent"), await NextAsync());
        Assert.Equal((other, "delivered"), await NextAsync());
        await _simulator.WriteAsync(Simulator.Says("to another number", number: "106540352242923"));
    }

    [Theory]
    [InlineData("nobody", Simulator.Person)]
    [InlineData(Simulator.Number, "ana")]
    public async Task a_block_that_makes_no_sense_is_refused(string phoneNumberId, string contact)
    {
        using var answer = await _simulator.Http.PutAsJsonAsync("/simulator/block", new { phoneNumberId, contact, blocked = true });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task BlockAsync(bool blocked, int? code = null)
    {
        using var answer = await _simulator.Http.PutAsJsonAsync(
            "/simulator/block", new { phoneNumberId = Simulator.Number, contact = "+" + Simulator.Person, blocked, code });
        answer.EnsureSuccessStatusCode();
    }

    private async Task<HttpResponseMessage> FileAsync(string mimeType, byte[] bytes, string more = "")
    {
        using var body = MediaFiles.Body(mimeType, bytes);
        return await _simulator.Http.PostAsync($"/simulator/inbound/file?phoneNumberId={Simulator.Number}&from={Simulator.Person}{more}", body);
    }

    private async Task<(string, string)> NextAsync() => await _receiver.NextAsync() is var next ? (next.Id, next.Status) : default;
}
