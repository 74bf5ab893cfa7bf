using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;
using static Microsoft.Playwright.Assertions;

namespace WaAspire.Tests.Operations;

/// <summary>The operator's page in a real browser: no reload anywhere, so what is asserted has arrived live.</summary>
public sealed class PageTests(PageWorld world) : IClassFixture<PageWorld>
{
    private const string Boss = ProxyUnderTest.SuperAdminEmail;
    private static readonly string[] _counts = ["activeAccounts", "queuedCount", "processingCount", "sentLast5m", "failedLast5m", "reconnectCount"];

    [Fact]
    public async Task the_figures_are_those_of_metrics_json_and_the_queue_is_told_by_account()
    {
        var page = await world.OpenAsync(Boss);

        JsonElement figures = default;
        Dictionary<string, string> shown = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                shown = await page.EvaluateAsync<Dictionary<string, string>>("() => Object.fromEntries([...document.querySelectorAll('[data-testid^=figure-]')].map((e) => [e.dataset.testid.slice(7), e.textContent]))");
                figures = await world.Desk.Worker.GetFromJsonAsync<JsonElement>("/metrics-json");
                return _counts.All(name => shown[name] == figures.GetProperty(name).GetInt64().ToString(CultureInfo.InvariantCulture));
            },
            "the page shows the figures");

        // The queue of an account that cannot send only grows older: what was shown before is not more.
        Assert.InRange(long.Parse(shown["outboxLagSeconds"], CultureInfo.InvariantCulture), 0, figures.GetProperty("outboxLagSeconds").GetInt64());
        var queue = page.Locator($"[data-testid=queue][data-account-id={PageWorld.Reception}]");
        await Expect(queue).ToContainTextAsync("Reception");
        await Expect(queue.GetByTestId("queue-oldest")).ToContainTextAsync("old");
        await Expect(queue.GetByTestId("queue-count")).ToHaveTextAsync(shown["queuedCount"]);
        await Expect(Account(page, PageWorld.Reception).GetByTestId("reason")).ToHaveTextAsync("Disconnected: token_expired");
    }

    [Fact]
    public async Task a_dead_letter_is_replayed_and_arrives_and_the_audit_says_by_whom()
    {
        var text = "Replayed from the page";
        await world.OpenThreadAsync(world.Shop, "40700000021", "Elena");
        var requestId = await world.SendIntoAsync("failed", new { kind = "error", code = 131026, to = "40700000021", times = 1 }, "40700000021", text);
        var page = await world.OpenAsync(Boss);
        var letter = Message(page, "letter", requestId);
        await Expect(letter).ToContainTextAsync("131026");

        await letter.GetByTestId("replay").ClickAsync();
        await Expect(page.GetByTestId("confirm")).ToContainTextAsync("+40700000021");
        await page.GetByTestId("confirm-yes").ClickAsync();
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Done (200)");
        await page.GetByTestId("confirm-no").ClickAsync();

        await Expect(letter).ToHaveCountAsync(0);
        await Eventually.IsTrueAsync(() => world.HasArrivedAsync(text), "WhatsApp has it");
        var entry = page.GetByTestId("audit-entry").Filter(new() { HasText = requestId });
        await Expect(entry).ToContainTextAsync("outbox.replay");
        await Expect(entry).ToContainTextAsync(Boss, new() { IgnoreCase = true });

        // What it became is read after the deed: a quick worker has it sent by then.
        await Expect(entry).ToContainTextAsync(new Regex("failed → (queued|processing|sent)"));
    }

    [Fact]
    public async Task a_message_in_doubt_is_sent_again_or_given_up()
    {
        await world.OpenThreadAsync(world.Shop, "40700000031", "Ioana");
        await world.OpenThreadAsync(world.Shop, "40700000032", "Radu");
        var again = await world.SendIntoAsync("uncertain", new { kind = "drop", to = "40700000031", times = 1 }, "40700000031", "Sent again from the page");
        var given = await world.SendIntoAsync("uncertain", new { kind = "drop", to = "40700000032", times = 1 }, "40700000032", "Given up from the page");
        var page = await world.OpenAsync(Boss);
        await Expect(Message(page, "doubt", given)).ToBeVisibleAsync();

        // Nothing is done until it is said twice.
        await Message(page, "doubt", again).GetByTestId("resend").ClickAsync();
        await page.GetByTestId("confirm-no").ClickAsync();
        await Expect(page.GetByTestId("confirm")).ToBeHiddenAsync();
        await ConfirmAsync(page, Message(page, "doubt", again).GetByTestId("resend"));
        await Expect(Message(page, "doubt", again)).ToHaveCountAsync(0);
        await Eventually.IsTrueAsync(() => world.HasArrivedAsync("Sent again from the page"), "WhatsApp has it");

        await ConfirmAsync(page, Message(page, "doubt", given).GetByTestId("fail"));
        await Expect(Message(page, "doubt", given)).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("audit-entry").Filter(new() { HasText = given })).ToContainTextAsync("uncertain → failed");

        // It was given up without proof: a replay is refused until somebody says that he has looked.
        var letter = Message(page, "letter", given);
        await letter.GetByTestId("replay").ClickAsync();
        await page.GetByTestId("confirm-yes").ClickAsync();
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("409 outcome_unknown");
        await page.GetByTestId("confirm-checked").CheckAsync();
        await page.GetByTestId("confirm-yes").ClickAsync();
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Done (200)");
        await Eventually.IsTrueAsync(() => world.HasArrivedAsync("Given up from the page"), "WhatsApp has it");
    }

    [Fact]
    public async Task a_code_shows_while_it_is_good_and_all_news_come_without_a_reload()
    {
        var page = await world.OpenAsync(Boss);
        await page.EvaluateAsync("() => { window.stays = true; }");
        var office = Account(page, world.Office);

        await world.Desk.ShowCodeAsync(world.Office, TimeSpan.FromMinutes(10));
        await Expect(office.GetByTestId("qr")).ToBeVisibleAsync();
        await Expect(office.GetByTestId("state")).ToHaveTextAsync("qr_ready");
        Assert.True(await office.GetByTestId("qr").EvaluateAsync<bool>("async (image) => { await image.decode(); return image.naturalWidth > 100; }"));

        await world.Desk.ShowCodeAsync(world.Office, TimeSpan.FromSeconds(5));
        await Expect(office.GetByTestId("qr-left")).ToContainTextAsync("expired");
        await Expect(office.GetByTestId("qr")).ToBeHiddenAsync();

        await world.Desk.ChangeAsync(world.Office, new DocumentFields { [AccountFields.Name] = "<img src=x onerror=\"window.hacked=1\">" });
        await Expect(office).ToContainTextAsync("<img src=x onerror");
        await world.Desk.ChangeAsync(world.Office, new DocumentFields { [AccountFields.Name] = "Office" });
        Assert.True(await page.EvaluateAsync<bool>("() => window.stays && window.hacked === undefined"));
    }

    [Fact]
    public async Task an_account_is_paused_and_resumed_and_what_waits_is_withdrawn()
    {
        var page = await world.OpenAsync(Boss);
        var reception = Account(page, PageWorld.Reception);
        await ConfirmAsync(page, reception.GetByTestId("pause"));
        await Expect(reception.GetByTestId("reason")).ToContainTextAsync("Paused: operator");
        await ConfirmAsync(page, reception.GetByTestId("resume"));
        await Expect(reception.GetByTestId("reason")).Not.ToContainTextAsync("Paused");

        await world.OpenThreadAsync(PageWorld.Reception, "40700000041", "Dan");
        var requestId = await world.SendAsync(PageWorld.Reception, "40700000041", "Never mind");
        await ConfirmAsync(page, Message(page, "waiting-message", requestId).GetByTestId("cancel"));
        await Expect(Message(page, "waiting-message", requestId)).ToHaveCountAsync(0);
        await world.StateAsync(requestId, "canceled");
    }

    [Fact]
    public async Task an_employee_sees_no_code_no_verb_and_no_account_of_the_super_admins_and_reads_what_he_may()
    {
        await world.Desk.ShowCodeAsync(world.Office, TimeSpan.FromMinutes(10));
        await world.SendAsync(world.Shop, "40700000011", "It is. Shall we book it?");
        var page = await world.OpenAsync(PageWorld.Employee);

        await Expect(page.GetByTestId("who")).ToContainTextAsync("employee");
        await Expect(page.GetByTestId("account")).ToHaveCountAsync(3);
        await Expect(page.Locator("main img")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("letters")).ToBeHiddenAsync();
        await Expect(page.GetByTestId("audit")).ToBeHiddenAsync();
        Assert.All(await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('.verbs button')].map((e) => e.dataset.testid)"), verb => Assert.Equal("open", verb));

        await page.GetByTestId("thread-account").SelectOptionAsync(world.Shop);
        await page.GetByTestId("thread-pick").SelectOptionAsync(PageWorld.ThreadOf(world.Shop, "40700000011"));
        await Expect(page.GetByTestId("line").Filter(new() { HasText = "Shall we book it?" }).First).ToBeVisibleAsync();

        await page.GetByTestId("sign-out").ClickAsync();
        await Expect(page.GetByTestId("sign-in")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("line")).ToHaveCountAsync(0);
        await page.GetByTestId("email").FillAsync(PageWorld.Employee);
        await page.GetByTestId("password").FillAsync("a guess");
        await page.GetByTestId("sign-in-go").ClickAsync();
        await Expect(page.GetByTestId("sign-in-problem")).ToContainTextAsync("Wrong e-mail or password");
    }

    [Fact]
    public async Task it_is_a_page_for_a_desk_and_for_a_phone_at_night()
    {
        await world.Desk.ShowCodeAsync(world.Office, TimeSpan.FromMinutes(10));
        await world.SendAsync(world.Shop, "40700000011", "It is. Shall we book it?");
        await world.OpenThreadAsync(world.Shop, "40700000051", "Mihai");
        await world.OpenThreadAsync(world.Shop, "40700000052", "Sofia");
        var doubt = await world.SendIntoAsync("uncertain", new { kind = "drop", to = "40700000051", times = 1 }, "40700000051", "Are you there?");
        await world.SendIntoAsync("failed", new { kind = "error", code = 131026, to = "40700000052", times = 1 }, "40700000052", "Hello, Sofia");

        var desk = await world.OpenAsync(Boss, 1280, 1000);
        await Message(desk, "doubt", doubt).GetByTestId("open").ClickAsync();
        await Expect(desk.GetByTestId("line").First).ToBeVisibleAsync();
        await Expect(Account(desk, world.Office).GetByTestId("qr")).ToBeVisibleAsync();
        await Expect(Account(desk, world.Shop).GetByTestId("last-ack")).ToContainTextAsync("ago");
        await desk.EvaluateAsync("() => scrollTo(0, 0)");
        await FitsAsync(desk, "operations", isDark: false);

        foreach (var width in new[] { 320, 390 })
        {
            var phone = await world.OpenAsync(Boss, width, 844, isDark: true);
            await Message(phone, "doubt", doubt).GetByTestId("resend").ClickAsync();
            await Expect(phone.GetByTestId("confirm-yes")).ToBeInViewportAsync();
            await phone.GetByTestId("confirm-no").ClickAsync();
            await phone.EvaluateAsync("() => scrollTo(0, 0)");
            await FitsAsync(phone, $"operations-phone-{width}", isDark: true);
        }
    }

    /// <summary>Nothing sticks out, and nobody has to scroll sideways; day and night differ. Leaves a picture; docs/operations*.png are copies of them.</summary>
    private static async Task FitsAsync(IPage page, string name, bool isDark)
    {
        Assert.Empty(await page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('body *')].filter((e) => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1).map((e) => `${e.tagName}#${e.id}.${e.className}`)"));
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));
        var light = await page.EvaluateAsync<int>("() => Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])");
        Assert.Equal(isDark, light < 100);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Artifacts.Folder, $"{name}.png") });
    }

    private static async Task ConfirmAsync(IPage page, ILocator verb)
    {
        await verb.ClickAsync();
        await page.GetByTestId("confirm-yes").ClickAsync();
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Done (200)");
        await page.GetByTestId("confirm-no").ClickAsync();
    }

    private static ILocator Account(IPage page, string id) => page.Locator($"[data-testid=account][data-account-id={id}]");

    private static ILocator Message(IPage page, string list, string requestId) => page.Locator($"[data-testid={list}][data-request-id='{requestId}']");
}
