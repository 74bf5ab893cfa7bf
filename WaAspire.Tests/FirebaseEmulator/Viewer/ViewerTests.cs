using Microsoft.Playwright;
using WaAspire.Tests.WhatsAppSimulator;
using static Microsoft.Playwright.Assertions;

namespace WaAspire.Tests.FirebaseEmulator.Viewer;

public sealed class ViewerTests(EmulatorFixture emulator, Chromium browser) : IClassFixture<EmulatorFixture>, IClassFixture<Chromium>
{
    [Fact]
    public async Task the_page_shows_documents_as_they_change_and_runs_nothing_of_theirs()
    {
        const string Hostile = "<img src=x onerror=\\\"document.title='hacked'\\\">";
        var client = emulator.Client("demo-waaspire");
        await client.SetAsync("threads/t1", $$""" "text":{"stringValue":"{{Hostile}}"},"n":{"integerValue":"1"} """);
        await client.SetAsync("threads/t1/messages/m1", """ "deep":{"mapValue":{"fields":{"a":{"arrayValue":{"values":[{"nullValue":null}]}}}}} """);
        var page = await browser.PageAsync();
        await page.GotoAsync(emulator.Http.BaseAddress!.ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "threads" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "t1", Exact = true }).ClickAsync();
        await Expect(page.Locator("#fields")).ToContainTextAsync("<img src=x");

        await client.SetAsync("threads/t1", $$""" "text":{"stringValue":"{{Hostile}}"},"n":{"integerValue":"42"} """);
        await Expect(page.Locator("#fields")).ToContainTextAsync("42");
        await page.GetByRole(AriaRole.Button, new() { Name = "collections below" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "messages" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "m1", Exact = true }).ClickAsync();
        await Expect(page.Locator("#fields")).ToContainTextAsync("deep");
        Assert.Equal("Firebase emulator", await page.TitleAsync());
    }

    [Fact]
    public async Task programs_still_get_googles_answer() => Assert.Equal("Ok", await emulator.Http.GetStringAsync("/"));

    [Fact]
    public async Task looking_makes_no_project()
    {
        using var answer = await emulator.Http.GetAsync("/emulator/v1/viewer/collections?project=never-used");
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.DoesNotContain("never-used", await emulator.Http.GetStringAsync("/emulator/v1/viewer/projects"), StringComparison.Ordinal);
    }
}
