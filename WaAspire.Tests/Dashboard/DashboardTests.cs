using Aspire.Hosting.ApplicationModel;
using Microsoft.Playwright;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;
using static Microsoft.Playwright.Assertions;

namespace WaAspire.Tests.Dashboard;

/// <summary>The real dashboard in a real browser, over the running product: what a person sees and may do.</summary>
public sealed class DashboardTests(WatchedSystem system) : IClassFixture<WatchedSystem>
{
    private static readonly LocatorAssertionsToBeVisibleOptions _visible = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions _contains = new() { Timeout = 60_000 };

    [Fact]
    public async Task every_resource_is_listed_and_healthy()
    {
        await system.OpenAsync("/");
        var workers = await system.ReplicasAsync("worker");
        Assert.Equal(2, workers.Count);
        foreach (var name in workers.Select(replica => replica.Id).Concat(["redis", "firebase", "whatsapp", "proxy"]))
        {
            // The dashboard says Running only of what runs and is healthy; else the state carries the word.
            await Expect(system.Row(name).GetByText("Running", new() { Exact = true }).First).ToBeVisibleAsync(_visible);
            await Expect(system.Row(name)).Not.ToContainTextAsync("Unhealthy");
        }

        await Expect(system.Row("proxy")).ToContainTextAsync(system.Proxy.BaseAddress!.GetLeftPart(UriPartial.Authority), _contains);
        await system.PictureAsync("resources");
    }

    [Fact]
    public async Task secrets_are_hidden_until_somebody_asks_for_them()
    {
        await system.OpenAsync("/?view=Parameters");
        await Expect(system.Row("firebase-project")).ToContainTextAsync(RunningSystem.ProjectId, _contains);
        await Expect(system.Row("internal-token")).ToBeVisibleAsync(_visible);
        await Expect(system.Row("internal-token")).Not.ToContainTextAsync(RunningSystem.InternalToken);
    }

    [Fact]
    public async Task one_trace_leads_from_the_request_to_the_receipt()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var requestId = await company.SendAsync(1, "Follow me");
        await Eventually.IsTrueAsync(
            async () => (await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), requestId))).Fields.Text(ThreadMessageFields.Status) == "delivered",
            "the receipt is stored");
        var trace = (await company.OutboxAsync(requestId)).Trace!.Split('-')[1];

        await Eventually.IsTrueAsync(
            async () =>
            {
                await system.OpenAsync($"/traces/detail/{trace}");
                return await IsThereAsync("receipt delivered");
            },
            "the last part of the trace is shown");
        foreach (var part in new[] { "POST /whatsappProxySend", "send outbox", "receipt delivered" })
        {
            await Expect(system.Page.GetByText(part).First).ToBeVisibleAsync(_visible);
        }

        // Its processes, and the two that only answer: they are told by their addresses.
        foreach (var resource in new[] { "proxy", "worker", "firebase", "whatsapp" })
        {
            await Expect(system.Page.Locator("main, body").First).ToContainTextAsync(resource, _contains);
        }

        await system.PictureAsync("trace");
    }

    [Fact]
    public async Task a_chart_shows_the_queue()
    {
        var company = await Company.OpenAsync(system, status: "disconnected");
        await company.OpenThreadsAsync(1);
        foreach (var text in new[] { "one", "two", "three" })
        {
            await company.SendAsync(1, text);
        }

        var worker = (await system.ReplicasAsync("worker"))[0].Id;
        await Eventually.IsTrueAsync(
            async () =>
            {
                await system.OpenAsync($"/metrics/resource/{worker}?meter=WaAspire.Worker&instrument=waaspire.outbox.depth&duration=1&view=Graph");
                return await system.Page.Locator(".js-plotly-plot .scatterlayer .trace, .js-plotly-plot .legend").CountAsync() > 0;
            },
            "the chart has a line");
        await system.PictureAsync("metrics");
        await system.OpenAsync($"/metrics/resource/{worker}?meter=WaAspire.Worker&instrument=waaspire.outbox.depth&duration=1&view=Table");
        await Expect(system.Page.GetByText("Unfinished messages of the whole fleet, by state").First).ToBeVisibleAsync(_visible);
    }

    [Fact]
    public async Task a_worker_stops_and_starts_from_the_page()
    {
        var worker = (await system.ReplicasAsync("worker"))[1];
        await system.OpenAsync("/");
        await system.Row(worker.Id).GetByRole(AriaRole.Button, new() { Name = "Stop" }).First.ClickAsync();
        await Expect(system.Row(worker.Id)).ToContainTextAsync("Finished", _contains);
        Assert.False(Directory.Exists($"/proc/{worker.ProcessId}"));

        await system.Row(worker.Id).GetByRole(AriaRole.Button, new() { Name = "Start" }).First.ClickAsync();
        await Expect(system.Row(worker.Id)).ToContainTextAsync("Running", _contains);
        await system.WaitUntilHealthyAsync("worker");
        Assert.NotEqual(worker.ProcessId, (await system.ReplicasAsync("worker")).Single(replica => replica.Id == worker.Id).ProcessId);
    }

    [Fact]
    public async Task what_a_process_prints_is_shown_as_it_comes()
    {
        await system.OpenAsync("/consolelogs/resource/proxy");
        await Expect(system.Page.GetByText("Application started").First).ToBeVisibleAsync(_visible);
    }

    [Fact]
    public async Task an_account_is_paused_and_resumed_from_the_page()
    {
        var company = await Company.OpenAsync(system);
        await RunAsync("Pause an account", company.AccountId);
        await Eventually.IsTrueAsync(async () => await IsPausedAsync(company), "the account is paused");
        await RunAsync("Resume an account", company.AccountId);
        await Eventually.IsTrueAsync(async () => !await IsPausedAsync(company), "the account is resumed");
    }

    private async Task RunAsync(string command, string account)
    {
        await system.OpenAsync("/");
        var worker = (await system.ReplicasAsync("worker"))[0].Id;
        await system.Row(worker).GetByRole(AriaRole.Button).Last.ClickAsync();
        await system.Page.GetByRole(AriaRole.Menuitem, new() { Name = command }).Or(system.Page.GetByText(command, new() { Exact = true })).First.ClickAsync();
        var dialog = system.Page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("input").First.FillAsync(account);
        await system.PictureAsync("command");
        await dialog.GetByRole(AriaRole.Button).Filter(new() { HasText = command }).Or(dialog.Locator("fluent-button[appearance=accent]")).First.ClickAsync();
    }

    private static async Task<bool> IsPausedAsync(Company company) =>
        (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields.Map("sendPaused") is not null;

    private async Task<bool> IsThereAsync(string text)
    {
        try
        {
            await system.Page.GetByText(text).First.WaitForAsync(new() { Timeout = 5_000 });
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
