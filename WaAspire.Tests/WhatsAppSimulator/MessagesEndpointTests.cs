using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class MessagesEndpointTests : IAsyncLifetime
{
    private Simulator _simulator = null!;

    public async Task InitializeAsync() => _simulator = await Simulator.StartAsync();

    public async Task DisposeAsync() => await _simulator.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer ")]
    [InlineData("Bearer wrong-token")]
    [InlineData("Basic test-token")]
    public async Task a_request_without_the_token_is_answered_190(string? authorization)
    {
        using var http = new HttpClient { BaseAddress = _simulator.Address };
        if (authorization is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        using var response = await http.PostAsJsonAsync($"/v25.0/{Simulator.Number}/messages", Simulator.Text("hi"));

        await AssertErrorAsync(response, HttpStatusCode.Unauthorized, 190);
        Assert.Empty(await _simulator.AcceptedAsync());
    }

    [Fact]
    public async Task without_a_configured_token_any_bearer_does_but_not_none()
    {
        await using var open = await Simulator.StartAsync(("WHATSAPP_ACCESS_TOKEN", ""));
        open.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "anything");
        await open.SendAsync(Simulator.Text("hi"));

        open.Http.DefaultRequestHeaders.Authorization = null;
        using var response = await open.PostAsync(Simulator.Text("hi"));
        await AssertErrorAsync(response, HttpStatusCode.Unauthorized, 190);
    }

    [Fact]
    public async Task an_accepted_text_is_answered_in_metas_form()
    {
        using var response = await _simulator.PostAsync(Simulator.Text("hi", "+40 (712) 345-678"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("whatsapp", answer.GetProperty("messaging_product").GetString());
        Assert.Equal("+40 (712) 345-678", answer.GetProperty("contacts")[0].GetProperty("input").GetString());
        Assert.Equal(Simulator.Person, answer.GetProperty("contacts")[0].GetProperty("wa_id").GetString());
        var message = answer.GetProperty("messages")[0];
        Assert.False(message.TryGetProperty("message_status", out _), "only templates carry a status");

        var id = message.GetProperty("id").GetString()!;
        Assert.StartsWith("wamid.", id, StringComparison.Ordinal);
        var bytes = Convert.FromBase64String(id["wamid.".Length..]);
        Assert.Equal([0x1C, 0x18, 11], bytes[..3]);
        Assert.Equal(Simulator.Person, Encoding.ASCII.GetString(bytes, 3, 11));
        Assert.Equal([0x15, 0x02, 0x00, 0x11, 0x18, 20], bytes[14..20]);
        Assert.Equal(0, bytes[^1]);
    }

    [Fact]
    public async Task an_accepted_template_says_so()
    {
        using var response = await _simulator.PostAsync(Json(Bodies.Template));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("accepted", answer.GetProperty("messages")[0].GetProperty("message_status").GetString());
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("v19.0")]
    [InlineData("v99.0")]
    public async Task any_graph_version_is_served(string version)
    {
        using var response = await _simulator.Http.PostAsJsonAsync($"/{version}/{Simulator.Number}/messages", Simulator.Text("hi"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("v0.0")]
    [InlineData("v100.0")]
    [InlineData("25.0")]
    public async Task what_is_no_graph_version_is_not_found(string version)
    {
        using var response = await _simulator.Http.PostAsJsonAsync($"/{version}/{Simulator.Number}/messages", Simulator.Text("hi"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task an_unknown_number_is_answered_100_with_subcode_33()
    {
        using var response = await _simulator.Http.PostAsJsonAsync("/v25.0/not-a-number/messages", Simulator.Text("hi"));
        var error = await AssertErrorAsync(response, HttpStatusCode.BadRequest, 100);
        Assert.Equal(33, error.GetProperty("error_subcode").GetInt32());
    }

    [Fact]
    public async Task configured_numbers_are_the_only_ones()
    {
        await using var simulator = await Simulator.StartAsync(("Simulator:Numbers:777", "15550001111"));
        using var known = await simulator.Http.PostAsJsonAsync("/v25.0/777/messages", Simulator.Text("hi"));
        using var unknown = await simulator.PostAsync(Simulator.Text("hi"));
        using var itself = await simulator.Http.PostAsJsonAsync("/v25.0/777/messages", Simulator.Text("hi", "+15550001111"));
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        await AssertErrorAsync(unknown, HttpStatusCode.BadRequest, 100);
        await AssertErrorAsync(itself, HttpStatusCode.BadRequest, 131021);
    }

    [Theory]
    [MemberData(nameof(Bodies.Good), MemberType = typeof(Bodies))]
    public async Task a_good_body_is_accepted(string name, string body)
    {
        using var response = await _simulator.PostAsync(Json(body));
        Assert.True(response.IsSuccessStatusCode, $"{name}: {await response.Content.ReadAsStringAsync()}");
        Assert.Single(await _simulator.AcceptedAsync());
    }

    [Theory]
    [MemberData(nameof(Bodies.Bad), MemberType = typeof(Bodies))]
    public async Task a_bad_body_is_refused_with_its_code(string name, int code, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _simulator.Http.PostAsync($"/v25.0/{Simulator.Number}/messages", content);
        var error = await AssertErrorAsync(response, HttpStatusCode.BadRequest, code);
        Assert.True(error.GetProperty("message").GetString()!.Contains($"(#{code})", StringComparison.Ordinal), name);
        Assert.Empty(await _simulator.AcceptedAsync());
        Assert.Equal(code, Assert.Single(await _simulator.RequestsAsync()).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task a_text_of_4096_characters_passes_and_one_more_does_not()
    {
        await _simulator.SendAsync(Simulator.Text(new string('ș', 4096)));
        using var response = await _simulator.PostAsync(Simulator.Text(new string('ș', 4097)));
        await AssertErrorAsync(response, HttpStatusCode.BadRequest, 100);
    }

    [Fact]
    public async Task a_message_is_marked_read_without_being_sent()
    {
        using var inbound = await _simulator.Http.PostAsJsonAsync(
            "/simulator/inbound", new { phoneNumberId = Simulator.Number, from = Simulator.Person, text = "hello" });
        var id = (await inbound.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        using var good = await _simulator.PostAsync(
            new { messaging_product = "whatsapp", status = "read", message_id = id, typing_indicator = new { type = "text" } });
        using var bad = await _simulator.PostAsync(new { messaging_product = "whatsapp", status = "read", message_id = "nonsense" });

        Assert.True((await good.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("success").GetBoolean());
        await AssertErrorAsync(bad, HttpStatusCode.BadRequest, 131009);
        Assert.Empty(await _simulator.AcceptedAsync());
    }

    [Fact]
    public async Task the_live_check_answers_the_fields_asked_for()
    {
        var answer = await _simulator.Http.GetFromJsonAsync<JsonElement>(
            $"/v25.0/{Simulator.Number}?fields=id,display_phone_number,verified_name,throughput,quality_rating");
        Assert.Equal(Simulator.Number, answer.GetProperty("id").GetString());
        Assert.Equal("STANDARD", answer.GetProperty("throughput").GetProperty("level").GetString());
        Assert.Equal("GREEN", answer.GetProperty("quality_rating").GetString());
        Assert.StartsWith("+1555", answer.GetProperty("display_phone_number").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(answer.GetProperty("verified_name").GetString()!);

        using var misspelled = await _simulator.Http.GetAsync($"/v25.0/{Simulator.Number}?fields=thruput");
        await AssertErrorAsync(misspelled, HttpStatusCode.BadRequest, 100);
        _simulator.Http.DefaultRequestHeaders.Authorization = null;
        using var anonymous = await _simulator.Http.GetAsync($"/v25.0/{Simulator.Number}");
        await AssertErrorAsync(anonymous, HttpStatusCode.Unauthorized, 190);
    }

    [Fact]
    public async Task health_is_up()
    {
        using var http = new HttpClient { BaseAddress = _simulator.Address };
        using var response = await http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static JsonElement Json(string body) => JsonSerializer.Deserialize<JsonElement>(body);

    private static async Task<JsonElement> AssertErrorAsync(HttpResponseMessage response, HttpStatusCode status, int code)
    {
        Assert.Equal(status, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetInt32());
        Assert.NotEmpty(error.GetProperty("type").GetString()!);
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("fbtrace_id").GetString()!);
        return error;
    }
}
