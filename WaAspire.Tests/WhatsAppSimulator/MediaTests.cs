using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>Files: uploaded, looked up, fetched, sent and deleted, as at Meta.</summary>
public sealed class MediaTests : IAsyncLifetime
{
    private Simulator _simulator = null!;

    public async Task InitializeAsync() => _simulator = await Simulator.StartAsync();

    public async Task DisposeAsync() => await _simulator.DisposeAsync();

    [Fact]
    public async Task an_uploaded_file_can_be_looked_up_and_fetched_with_the_token_only()
    {
        var bytes = MediaFiles.Of("image/png");
        var id = await UploadAsync("image/png", bytes);

        var about = await _simulator.Http.GetFromJsonAsync<JsonElement>($"/v25.0/{id}?phone_number_id={Simulator.Number}");
        Assert.Equal(("whatsapp", "image/png", bytes.Length, id), (about.GetProperty("messaging_product").GetString(), about.GetProperty("mime_type").GetString(), about.GetProperty("file_size").GetInt32(), about.GetProperty("id").GetString()));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), about.GetProperty("sha256").GetString());
        var url = about.GetProperty("url").GetString()!;
        Assert.Equal(bytes, await _simulator.Http.GetByteArrayAsync(url));
        _simulator.Http.DefaultRequestHeaders.Authorization = null;
        using var anonymous = await _simulator.Http.GetAsync(url);
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Fact]
    public async Task a_download_address_ends_after_five_minutes_and_cannot_be_forged()
    {
        var time = new ManualTime();
        await using var simulator = await Simulator.StartAsync(time);
        var id = await UploadAsync("image/png", simulator: simulator);
        var url = (await simulator.Http.GetFromJsonAsync<JsonElement>($"/v25.0/{id}")).GetProperty("url").GetString()!;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(simulator, url));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(simulator, url.Replace("ext=", "ext=9", StringComparison.Ordinal)));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(simulator, url));
    }

    [Fact]
    public async Task a_deleted_file_is_gone_and_cannot_be_sent()
    {
        var id = await UploadAsync("image/png");
        var image = new { messaging_product = "whatsapp", to = "+" + Simulator.Person, type = "image", image = new { id } };
        await _simulator.SendAsync(image);

        using var deleted = await _simulator.Http.DeleteAsync($"/v25.0/{id}");
        Assert.True((await deleted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("success").GetBoolean());
        using var again = await _simulator.Http.DeleteAsync($"/v25.0/{id}");
        using var lookedUp = await _simulator.Http.GetAsync($"/v25.0/{id}");
        using var sent = await _simulator.PostAsync(image);

        Assert.Equal(100, await CodeAsync(again));
        Assert.Equal(100, await CodeAsync(lookedUp));
        Assert.Equal(131009, await CodeAsync(sent));
        Assert.Single(await _simulator.AcceptedAsync());
    }

    [Fact]
    public async Task a_file_is_sent_as_what_it_is()
    {
        var id = await UploadAsync("application/pdf");

        using var sent = await _simulator.PostAsync(new { messaging_product = "whatsapp", to = "+" + Simulator.Person, type = "image", image = new { id } });

        Assert.Equal(131053, await CodeAsync(sent));
    }

    [Theory]
    [InlineData("application/octet-stream", "application/octet-stream", 10, 100)]
    [InlineData("image/png", "image/jpeg", 10, 131053)]
    [InlineData("image/png", "image/png", 0, 131053)]
    [InlineData("image/png", "image/png", (5 << 20) + 1, 131053)]
    [InlineData("image/webp", "image/webp", (500 << 10) + 1, 131053)]
    public async Task a_file_that_meta_would_not_take_is_refused(string mimeType, string type, int size, int code)
    {
        using var form = Form(mimeType, new byte[size], type);

        using var response = await _simulator.Http.PostAsync($"/v25.0/{Simulator.Number}/media", form);

        Assert.Equal(code, await CodeAsync(response));
    }

    [Theory]
    [InlineData("messaging_product")]
    [InlineData("type")]
    [InlineData("file")]
    public async Task each_part_of_the_form_is_needed(string missing)
    {
        using var form = new MultipartFormDataContent();
        if (missing != "messaging_product") form.Add(new StringContent("whatsapp"), "messaging_product");
        if (missing != "type") form.Add(new StringContent("image/png"), "type");
        if (missing != "file") form.Add(MediaFiles.Body("image/png"), "file", "a.png");

        using var response = await _simulator.Http.PostAsync($"/v25.0/{Simulator.Number}/media", form);

        Assert.Equal(100, await CodeAsync(response));
    }

    [Fact]
    public async Task an_upload_needs_the_token_and_a_number()
    {
        using var noNumber = await _simulator.Http.PostAsync("/v25.0/none/media", Form("image/png"));
        _simulator.Http.DefaultRequestHeaders.Authorization = null;
        using var noToken = await _simulator.Http.PostAsync($"/v25.0/{Simulator.Number}/media", Form("image/png"));

        Assert.Equal((100, 190), (await CodeAsync(noNumber), await CodeAsync(noToken)));
    }

    [Fact]
    public async Task the_oldest_files_make_room()
    {
        await using var simulator = await Simulator.StartAsync(("Simulator:MediaMax", "2"));
        var first = await UploadAsync("image/png", simulator: simulator);
        await UploadAsync("image/png", simulator: simulator);
        var last = await UploadAsync("image/png", simulator: simulator);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(simulator, $"/simulator/media/{first}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(simulator, $"/simulator/media/{last}"));
        var state = (await simulator.Http.GetFromJsonAsync<JsonElement>("/simulator/status")).GetProperty("media");
        Assert.Equal((2, 200), (state.GetProperty("files").GetInt32(), state.GetProperty("bytes").GetInt32()));
    }

    private static MultipartFormDataContent Form(string mimeType, byte[]? bytes = null, string? type = null) => new()
    {
        { new StringContent("whatsapp"), "messaging_product" },
        { new StringContent(type ?? mimeType), "type" },
        { MediaFiles.Body(mimeType, bytes ?? MediaFiles.Of(mimeType)), "file", "a file" },
    };

    private static async Task<HttpStatusCode> StatusAsync(Simulator simulator, string url)
    {
        using var response = await simulator.Http.GetAsync(url);
        return response.StatusCode;
    }

    private static async Task<int> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetInt32();

    private async Task<string> UploadAsync(string mimeType, byte[]? bytes = null, Simulator? simulator = null)
    {
        using var form = Form(mimeType, bytes);
        using var response = await (simulator ?? _simulator).Http.PostAsync($"/v25.0/{Simulator.Number}/media", form);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }
}
