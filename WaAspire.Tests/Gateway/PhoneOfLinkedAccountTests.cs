using System.Net.Http.Json;
using Microsoft.Playwright;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.WhatsAppSimulator;
using WaAspire.Worker.Accounts;
using static Microsoft.Playwright.Assertions;
using Eventually = WaAspire.Tests.Kit.Eventually;

namespace WaAspire.Tests.Gateway;

/// <summary>What a newcomer sees in a browser: a code, one click, and a chat in both directions; all processes are real.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class PhoneOfLinkedAccountTests(LinkedSystem system, Chromium chromium) : IClassFixture<Chromium>
{
    private const float PatienceMilliseconds = 120_000;
    private const string Phone = "40722000222";
    private const string Elena = "40700000021";

    [Fact]
    public async Task an_account_waits_on_the_phone_page_one_click_scans_it_and_both_sides_chat_there()
    {
        var company = await Company.OpenAsync(system, "connecting");
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { [AccountFields.Provider] = Account.Baileys, ["name"] = "Shop <b>", ["phone"] = "+" + Phone }));
        var page = await chromium.PageAsync();
        page.SetDefaultTimeout(PatienceMilliseconds);
        await page.GotoAsync(system.WhatsApp.BaseAddress!.ToString());
        await system.ShowsCodeAsync(company.AccountId);

        var scan = page.GetByTestId("scan").And(page.Locator($"[data-account-id={company.AccountId}]"));
        await Expect(scan.GetByTestId("scan-name")).ToHaveTextAsync("Shop <b> waits for a scan", new() { Timeout = PatienceMilliseconds });
        await Expect(scan.GetByTestId("qr")).Not.ToHaveJSPropertyAsync("naturalWidth", 0, new() { Timeout = PatienceMilliseconds });
        await Expect(scan.GetByTestId("scan-state")).ToContainTextAsync("Good for", new() { Timeout = PatienceMilliseconds });
        await ExpiresOnScreenAsync(page, scan);

        await scan.GetByTestId("scan-now").ClickAsync();
        await system.StatusAsync(company.AccountId, "connected");
        await Expect(scan).ToHaveCountAsync(0, new() { Timeout = PatienceMilliseconds });
        await ChatAsync(page, company);
    }

    /// <summary>An hour later by the page's clock the code is none any more; back in time it is.</summary>
    private static async Task ExpiresOnScreenAsync(IPage page, ILocator scan)
    {
        await page.Clock.SetFixedTimeAsync(TimeProvider.System.GetUtcNow().AddHours(1).UtcDateTime);
        await Expect(scan.GetByTestId("scan-state")).ToContainTextAsync("Expired", new() { Timeout = PatienceMilliseconds });
        await Expect(scan.GetByTestId("scan-now")).ToBeDisabledAsync(new() { Timeout = PatienceMilliseconds });
        await page.Clock.SetFixedTimeAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        await Expect(scan.GetByTestId("scan-now")).ToBeEnabledAsync(new() { Timeout = PatienceMilliseconds });
    }

    private async Task ChatAsync(IPage page, Company company)
    {
        await page.Locator($"[data-testid=chat][data-phone-number-id='{Phone}']").ClickAsync();
        await page.GetByTestId("reply").FillAsync("Do you have roses?");
        await page.GetByTestId("send").ClickAsync();
        var bubbles = page.GetByTestId("bubble");
        await Expect(bubbles.GetByTestId("bubble-text")).ToHaveTextAsync(["Do you have roses?"], new() { Timeout = PatienceMilliseconds });
        await Expect(page.GetByTestId("attach")).ToBeHiddenAsync(new() { Timeout = PatienceMilliseconds });

        var thread = $"{company.AccountId}__{Elena}@s.whatsapp.net";
        await Eventually.IsTrueAsync(
            async () => (await system.StoredAsync(FirestorePaths.Thread(thread))).Text("lastMessageText") == "Do you have roses?", "what she wrote is in the thread", LinkedSystem.Patience);
        var answer = await AnswerAsync(company, thread);

        // The open chat is read, as on any phone, and the account is told so.
        await Expect(bubbles.GetByTestId("bubble-text")).ToHaveTextAsync(["Do you have roses?", "Red ones"], new() { Timeout = PatienceMilliseconds });
        await Expect(bubbles.Last).ToHaveAttributeAsync("data-status", "read", new() { Timeout = PatienceMilliseconds });
        await Eventually.IsTrueAsync(
            async () => (await system.StoredAsync(FirestorePaths.ThreadMessage(thread, answer))).Text("status") == "read", "the answer is read", LinkedSystem.Patience);
    }

    private async Task<string> AnswerAsync(Company company, string thread)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxySend")
        {
            Content = JsonContent.Create(new { threadId = thread, accountId = company.AccountId, toJid = $"+{Elena}@s.whatsapp.net", text = "Red ones", clientMessageId = "answer" }),
        };
        request.Headers.Authorization = company.Bearer;
        using var sent = await system.Proxy.SendAsync(request);
        var body = await sent.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>();
        return body.GetProperty("requestId").GetString()!;
    }
}
