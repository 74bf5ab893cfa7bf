using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

[Collection(RunningSystemGroup.Name)]
public sealed class OneMessageTests(RunningSystem system)
{
    [Fact]
    public async Task a_message_goes_from_the_app_to_the_phone_and_its_receipt_comes_back()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);

        var requestId = await company.SendAsync(1, "Bună ziua, Ana! 👋");

        var sent = await company.StateAsync(requestId, OutboxStatus.Sent);
        var accepted = Assert.Single(await company.AcceptedAsync());
        Assert.Equal(accepted.Id, sent.ProviderMessageId);
        Assert.Equal("Bună ziua, Ana! 👋", accepted.Text);
        Assert.Equal(1, sent.AttemptCount);
        Assert.NotEmpty(sent.ClaimedBy!);
        await Eventually.IsTrueAsync(
            async () => (await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), requestId))).Fields.Text(ThreadMessageFields.Status) == "delivered",
            "the thread shows that it was delivered");
    }

    [Fact]
    public async Task its_history_in_firestore_is_queued_then_claimed_then_sent()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var requestId = await company.SendAsync(1, "history");
        await company.StateAsync(requestId, OutboxStatus.Sent);

        var history = await system.Firebase.GetFromJsonAsync<JsonElement>($"/emulator/v1/history/outbox/{requestId}?project={RunningSystem.ProjectId}");
        var versions = history.GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("fields")).ToList();

        Assert.Equal(["queued", "processing", "sent"], versions.Take(3).Select(fields => Text(fields, OutboxFields.Status)));
        Assert.False(versions[0].TryGetProperty(OutboxFields.ClaimedBy, out _));
        Assert.Equal(Text(versions[1], OutboxFields.ClaimedBy), Text(versions[2], OutboxFields.ClaimedBy));
        Assert.True(versions[1].GetProperty(OutboxFields.LeaseUntil).TryGetProperty("timestampValue", out _));
        Assert.True(versions[2].GetProperty(OutboxFields.LeaseUntil).TryGetProperty("nullValue", out _));
        Assert.False(versions[1].TryGetProperty(OutboxFields.ProviderMessageId, out _));
    }

    [Fact]
    public async Task the_phone_page_shows_it()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(system.WhatsApp.BaseAddress!.ToString());

        await company.SendAsync(1, "Live on the phone");
        await page.Locator($"[data-testid=chat][data-contact='{company.PhoneOf(1)}']").First.ClickAsync();
        var bubble = page.Locator("[data-testid=bubble-text]", new() { HasText = "Live on the phone" });
        await bubble.WaitForAsync();

        var picture = Path.Combine(Artifacts.Folder, "phone.png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = picture });
        Assert.True(new FileInfo(picture).Length > 10_000);
    }

    [Fact]
    public async Task the_worker_answers_the_runbooks_questions_with_exactly_the_contracts_fields()
    {
        var health = await system.Worker.GetFromJsonAsync<JsonElement>("/healthz");
        Assert.Equal(["status", "timestamp"], health.EnumerateObject().Select(field => field.Name));
        Assert.Equal("ok", health.GetProperty("status").GetString());

        var ready = await system.Worker.GetFromJsonAsync<JsonElement>("/readyz");
        Assert.Equal("ready", ready.GetProperty("status").GetString());
        Assert.Equal(["firestore", "worker", "timestamp"], ready.GetProperty("checks").EnumerateObject().Select(field => field.Name));

        var figures = await system.Worker.GetFromJsonAsync<JsonElement>("/metrics-json");
        Assert.Equal(
            ["activeAccounts", "queuedCount", "processingCount", "sentLast5m", "failedLast5m", "reconnectCount", "outboxLagSeconds", "timestamp"],
            figures.EnumerateObject().Select(field => field.Name));
    }

    private static string? Text(JsonElement fields, string field) => fields.GetProperty(field).GetProperty("stringValue").GetString();
}
