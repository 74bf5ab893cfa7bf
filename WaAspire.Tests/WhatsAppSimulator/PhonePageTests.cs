using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using WaAspire.Tests.Kit;
using static Microsoft.Playwright.Assertions;

namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>The phone in a real browser: no reload anywhere, so what is asserted has arrived live.</summary>
public sealed class PhonePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly byte[] _onePixel = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public async Task a_message_appears_live_and_its_ticks_turn_blue_when_the_chat_is_open()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var simulator = await Simulator.StartAsync(("Webhooks:Url", receiver.Url));
        var page = await OpenAsync(simulator);

        var id = await simulator.SendAsync(Simulator.Text("Bună ziua, comanda e gata."));
        var chat = page.GetByTestId("chat");
        await Expect(chat).ToContainTextAsync("Bună ziua");
        await Expect(chat).ToHaveAttributeAsync("data-contact", Simulator.Person);
        await chat.ClickAsync();

        var bubble = page.GetByTestId("bubble");
        await Expect(bubble.GetByTestId("bubble-text")).ToHaveTextAsync("Bună ziua, comanda e gata.");
        await Expect(bubble).ToHaveAttributeAsync("data-message-id", id);
        await Expect(bubble).ToHaveAttributeAsync("data-status", "read");
        Assert.Equal("read", (await receiver.StatusAsync("read")).Status);

        await simulator.SendAsync(Simulator.Text("Al doilea"));
        await Expect(bubble).ToHaveCountAsync(2);
        await Expect(bubble.Last).ToHaveAttributeAsync("data-status", "read");
    }

    [Fact]
    public async Task ticks_follow_the_status_one_by_one()
    {
        // Nothing becomes delivered by itself here, so each state stands until it is asked for.
        await using var simulator = await Simulator.StartAsync(
            ("Webhooks:SentAfter", "00:00:00"), ("Webhooks:DeliveredAfter", "1.00:00:00"));
        var page = await OpenAsync(simulator);
        await simulator.SendAsync(Simulator.Text("one"));
        await page.GetByTestId("chat").ClickAsync();
        await Expect(page.GetByTestId("bubble")).ToHaveAttributeAsync("data-status", "sent");
        await Expect(page.Locator(".bubble .second")).ToHaveCSSAsync("opacity", "0");

        await simulator.FaultsAsync(new { webhooks = new[] { new { kind = "failStatus", status = "sent" } } });
        await simulator.SendAsync(Simulator.Text("two"));
        await Expect(page.GetByTestId("bubble").Last).ToHaveAttributeAsync("data-status", "failed");
    }

    [Fact]
    public async Task text_that_looks_like_markup_shows_literally_and_runs_nothing()
    {
        const string Markup = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> & <b>bold</b>";
        await using var simulator = await Simulator.StartAsync();
        var page = await OpenAsync(simulator);
        await simulator.SendAsync(Simulator.Text(Markup));
        using var _ = await simulator.Http.PostAsJsonAsync(
            "/simulator/inbound", new { phoneNumberId = Simulator.Number, from = Simulator.Person, name = Markup, text = Markup });
        await page.GetByTestId("chat").ClickAsync();

        await Expect(page.GetByTestId("bubble-text")).ToHaveTextAsync([Markup, Markup]);
        Assert.Equal(0, await page.Locator("main b, main img[src=x], main script, nav b, nav img").CountAsync());
        Assert.True(await page.EvaluateAsync<bool>("() => window.hacked === undefined"));
    }

    [Fact]
    public async Task a_reply_typed_on_the_phone_becomes_a_bubble_and_a_webhook()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var simulator = await Simulator.StartAsync(("Webhooks:Url", receiver.Url));
        await simulator.SendAsync(Simulator.Text("Vă așteptăm?"));
        var page = await OpenAsync(simulator);
        await page.GetByTestId("chat").ClickAsync();

        await page.GetByTestId("reply").FillAsync("Da, vin!");
        await page.GetByTestId("send").ClickAsync();

        await Expect(page.GetByTestId("bubble-text")).ToHaveTextAsync(["Vă așteptăm?", "Da, vin!"]);
        Assert.Equal("Da, vin!", (await receiver.InboundAsync()).GetProperty("text").GetProperty("body").GetString());
    }

    [Fact]
    public async Task every_kind_of_message_shows_what_it_holds()
    {
        await using var simulator = await Simulator.StartAsync();
        var page = await OpenAsync(simulator);
        var first = await simulator.SendAsync(Simulator.Text("Which day?"));
        using var form = new MultipartFormDataContent
        {
            { new StringContent("whatsapp"), "messaging_product" }, { new StringContent("image/png"), "type" }, { MediaFiles.Body("image/png", _onePixel), "file", "a.png" },
        };
        using var uploaded = await simulator.Http.PostAsync($"/v25.0/{Simulator.Number}/media", form);
        var id = (await uploaded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await SendAsync(simulator, "image", $$"""{"id":"{{id}}","caption":"The hall"}""");
        await SendAsync(simulator, "document", """{"link":"https://example.com/a.pdf","filename":"Offer.pdf"}""");
        await SendAsync(simulator, "location", """{"latitude":44.43,"longitude":26.1,"name":"Hall","address":"Street 1"}""");
        await SendAsync(simulator, "contacts", """[{"name":{"formatted_name":"Ana"},"phones":[{"phone":"+40712"}]}]""");
        await SendAsync(simulator, "interactive", """{"type":"button","header":{"type":"text","text":"Dinner"},"body":{"text":"Coming?"},"footer":{"text":"Thanks"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Yes"}},{"type":"reply","reply":{"id":"2","title":"No"}}]}}""");
        await SendAsync(simulator, "interactive", """{"type":"list","body":{"text":"Choose"},"action":{"button":"Open","sections":[{"rows":[{"id":"1","title":"Soup"}]}]}}""");
        await SendAsync(simulator, "text", """{"body":"Friday"}""", $$""","context":{"message_id":"{{first}}"}""");
        await SendAsync(simulator, "reaction", $$"""{"message_id":"{{first}}","emoji":"👍"}""");
        await page.GetByTestId("chat").ClickAsync();

        var bubbles = page.GetByTestId("bubble");
        await Expect(bubbles).ToHaveCountAsync(8);
        await Expect(bubbles.Nth(0).Locator(".reaction")).ToHaveTextAsync("👍");
        await Expect(bubbles.Nth(1)).ToContainTextAsync("The hall");
        await Expect(bubbles.Nth(1).GetByTestId("file")).ToHaveJSPropertyAsync("naturalWidth", 1);
        await Expect(bubbles.Nth(2)).ToContainTextAsync("Offer.pdf");
        await Expect(bubbles.Nth(2).GetByTestId("file")).ToHaveTextAsync("https://example.com/a.pdf");
        await Expect(bubbles.Nth(3).GetByTestId("line")).ToHaveTextAsync(["44.43, 26.1", "Street 1"]);
        await Expect(bubbles.Nth(4).GetByTestId("line")).ToHaveTextAsync("+40712");
        await Expect(bubbles.Nth(5).GetByTestId("header")).ToHaveTextAsync("Dinner");
        await Expect(bubbles.Nth(5).GetByTestId("footer")).ToHaveTextAsync("Thanks");
        await Expect(bubbles.Nth(5).GetByTestId("choice")).ToHaveTextAsync(["Yes", "No"]);
        await Expect(bubbles.Nth(6).GetByTestId("line")).ToHaveTextAsync("Soup");
        await Expect(bubbles.Nth(6).GetByTestId("choice")).ToHaveTextAsync("Open");
        await Expect(bubbles.Nth(7).GetByTestId("quote")).ToHaveTextAsync("Which day?");
    }

    [Fact]
    public async Task the_person_sends_a_picture_reacts_and_blocks()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var simulator = await Simulator.StartAsync(("Webhooks:Url", receiver.Url));
        var first = await simulator.SendAsync(Simulator.Text("Which hall?"));
        var page = await OpenAsync(simulator);
        await page.GetByTestId("chat").ClickAsync();
        var bubbles = page.GetByTestId("bubble");

        await page.GetByTestId("reply").FillAsync("This one");
        await page.GetByTestId("picture").SetInputFilesAsync(new FilePayload { Name = "hall.png", MimeType = "image/png", Buffer = _onePixel });
        await Expect(bubbles.Nth(1).GetByTestId("file")).ToHaveJSPropertyAsync("naturalWidth", 1);
        await Expect(bubbles.Nth(1)).ToContainTextAsync("This one");
        Assert.Equal("This one", (await receiver.InboundAsync()).GetProperty("image").GetProperty("caption").GetString());

        foreach (var stands in new[] { "❤️", "" })
        {
            await bubbles.First.GetByTestId("react").ClickAsync();
            await bubbles.First.GetByRole(AriaRole.Button, new() { Name = "React with ❤️" }).ClickAsync();
            await Expect(bubbles.First.Locator(".reaction")).ToHaveTextAsync(stands);
            var reaction = (await receiver.InboundAsync()).GetProperty("reaction");
            Assert.Equal(first, reaction.GetProperty("message_id").GetString());
            Assert.Equal(stands, reaction.TryGetProperty("emoji", out var emoji) ? emoji.GetString() : "");
        }

        await page.GetByTestId("block").ClickAsync();
        await Expect(page.GetByTestId("blocked")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("reply")).ToBeHiddenAsync();
        await page.ReloadAsync();
        await Expect(page.GetByTestId("blocked")).ToBeVisibleAsync();
        await page.GetByTestId("block").ClickAsync();
        await Expect(page.GetByTestId("reply")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task the_panel_shows_and_sets_what_goes_wrong()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var simulator = await Simulator.StartAsync(("Webhooks:Url", receiver.Url));
        var page = await OpenAsync(simulator);
        await page.GetByTestId("faults").Locator("summary").ClickAsync();
        await page.GetByTestId("fault-duplicate").FillAsync("100");
        await page.GetByTestId("fault-batch").FillAsync("10");
        await page.GetByTestId("fault-batch-ms").FillAsync("100");
        await page.GetByTestId("faults-set").ClickAsync();
        await Expect(page.GetByTestId("fault-count")).ToHaveTextAsync("2 on");

        var id = await simulator.WriteAsync(Simulator.Says("hello"));
        for (var i = 0; i < 2; i++) Assert.Equal(id, (await receiver.InboundAsync()).GetProperty("id").GetString());
        await Expect(page.GetByTestId("fault-state")).ToContainTextAsync("duplicate of any: 100 %, acted 1 time");
        await Expect(page.GetByTestId("fault-state")).ToContainTextAsync("batches of up to 10: 1 so far");

        await page.GetByTestId("fault-batch").FillAsync("5000");
        await page.GetByTestId("faults-off").ClickAsync();
        await Expect(page.GetByTestId("fault-count")).ToHaveTextAsync("off");
        Assert.Equal(0, (await simulator.StatusAsync()).GetProperty("faults").GetInt32());
        await Expect(page.GetByTestId("fault-batch")).ToHaveValueAsync("0");
    }

    [Fact]
    public async Task on_a_narrow_window_list_and_conversation_take_turns()
    {
        await using var simulator = await Simulator.StartAsync();
        await simulator.SendAsync(Simulator.Text("hi"));
        var page = await OpenAsync(simulator, width: 390);
        await Expect(page.GetByTestId("reply")).ToBeHiddenAsync();

        await page.GetByTestId("chat").ClickAsync();
        await Expect(page.GetByTestId("bubble")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("chat")).ToBeHiddenAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Back to chats" }).ClickAsync();
        await Expect(page.GetByTestId("chat")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task a_page_that_lost_its_simulator_comes_back_by_itself()
    {
        var simulator = await Simulator.StartAsync();
        var page = await OpenAsync(simulator);
        var port = simulator.Address.Port;
        await simulator.DisposeAsync();
        await Expect(page.GetByTestId("live")).ToHaveAttributeAsync("data-state", "connecting");

        await using var again = await Simulator.StartAsync(("port", port.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await Expect(page.GetByTestId("live")).ToHaveAttributeAsync("data-state", "live");
        await again.SendAsync(Simulator.Text("Back"));
        await Expect(page.GetByTestId("chat")).ToContainTextAsync("Back");
    }

    private static Task<string> SendAsync(Simulator simulator, string type, string content, string more = "") =>
        simulator.SendAsync(JsonSerializer.Deserialize<JsonElement>(
            $$"""{ "messaging_product": "whatsapp", "to": "+{{Simulator.Person}}", "type": "{{type}}", "{{type}}": {{content}}{{more}} }"""));

    private async Task<IPage> OpenAsync(Simulator simulator, int width = 1280)
    {
        var page = await chromium.PageAsync(width);
        await page.GotoAsync(simulator.Address.ToString());
        await Expect(page.GetByTestId("live")).ToHaveAttributeAsync("data-state", "live");
        return page;
    }
}
