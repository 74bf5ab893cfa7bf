using System.Net;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using WaAspire.LocalHosting.Dashboard;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
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
        var workers = system.Replicas("worker");
        Assert.Equal(2, workers.Count);
        foreach (var name in workers.Select(replica => replica.Id).Concat(["redis", "firebase", "whatsapp", "proxy"]))
        {
            // The dashboard says Running only of what runs and is healthy; else the state carries the word.
            await Expect(system.Row(name).GetByText("Running", new() { Exact = true }).First).ToBeVisibleAsync(_visible);
            await Expect(system.Row(name)).Not.ToContainTextAsync("Unhealthy");
        }

        await Expect(system.Row("proxy")).ToContainTextAsync(system.Proxy.BaseAddress!.GetLeftPart(UriPartial.Authority), _contains);
        await Expect(system.Row("proxy")).ToContainTextAsync("Operator's page", _contains);
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
        foreach (var part in new[] { "MSG whatsapp outbox", "receipt delivered" })
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

        const string Depth = "/metrics/resource/worker?meter=WaAspire.Worker&instrument=waaspire.outbox.depth&duration=1&view=";
        await system.OpenAsync(Depth + "Graph");
        await Expect(system.Page.GetByText("Messages of the fleet by state: queued, processing, uncertain").First).ToBeVisibleAsync(_visible);

        // The axis reaches as high as the highest point: one worker tells of at least three messages.
        await Expect(system.Page.Locator(".js-plotly-plot .ytick").GetByText("3", new() { Exact = true })
            .Or(system.Page.Locator(".js-plotly-plot .ytick").GetByText("4", new() { Exact = true })).First).ToBeVisibleAsync(_visible);
        await system.PictureAsync("metrics");
    }

    [Fact]
    public async Task a_worker_stops_and_starts_from_the_page()
    {
        var worker = system.Replicas("worker")[1];
        await system.OpenAsync("/");
        await system.Row(worker.Id).GetByRole(AriaRole.Button, new() { Name = "Stop" }).First.ClickAsync();
        await Expect(system.Row(worker.Id)).ToContainTextAsync("Finished", _contains);
        Assert.False(Directory.Exists($"/proc/{worker.ProcessId}"));

        await system.Row(worker.Id).GetByRole(AriaRole.Button, new() { Name = "Start" }).First.ClickAsync();
        await Expect(system.Row(worker.Id)).ToContainTextAsync("Running", _contains);
        await system.WaitUntilHealthyAsync("worker");
        Assert.NotEqual(worker.ProcessId, system.Replicas("worker").Single(replica => replica.Id == worker.Id).ProcessId);
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

    [Fact]
    public async Task a_new_code_is_asked_for_from_the_page()
    {
        var company = await Company.OpenAsync(system, "needs_qr");
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { [AccountFields.Provider] = Account.Baileys }));
        await RunAsync("Regenerate a QR code", company.AccountId);

        // Nobody changes the word of such an account but who wishes for a code, and then the owner that answers the wish.
        await Eventually.IsTrueAsync(
            async () => (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields is var account
                && (account.Timestamp(AccountFields.PairRequestedAt) is not null || account.Text(AccountFields.Status) != "needs_qr"),
            "the wish is in the account");
    }

    [Fact]
    public async Task a_resource_tells_what_it_needs_and_who_needs_it()
    {
        await system.OpenAsync("/");
        var parts = system.Page.Locator("fluent-accordion-item");
        await ClickThroughAsync(
            async () =>
            {
                await system.Row("proxy").GetByRole(AriaRole.Button).Last.ClickAsync();
                await system.Page.Locator("fluent-menu-item:visible").Filter(new() { HasText = "details" }).First.ClickAsync();
            },
            parts.Filter(new() { HasText = "Back references" }).First);
        var needs = parts.Filter(new() { HasText = "References" }).First.GetByRole(AriaRole.Row);
        foreach (var (name, relations) in new[] { ("redis", "Reference, WaitFor"), ("internal-token", "Reference") })
        {
            await Expect(needs.Filter(new() { HasText = name })).ToContainTextAsync(relations, _contains);
        }

        // The simulator calls the proxy's webhook.
        await Expect(parts.Filter(new() { HasText = "Back references" }).First.GetByRole(AriaRole.Row).Filter(new() { HasText = "whatsapp" })).ToContainTextAsync("Reference", _contains);

        // A reference to workers is one to each of them.
        foreach (var worker in system.Replicas("worker"))
        {
            await Expect(needs.Filter(new() { HasText = worker.Id })).ToContainTextAsync("Reference", _contains);
        }
    }

    [Fact]
    public async Task who_does_not_know_the_key_learns_nothing_and_may_do_nothing()
    {
        using var stranger = new HttpClient { BaseAddress = system.App.Services.GetRequiredService<DashboardHost>().ResourceServiceUrl };
        foreach (var call in new[] { "WatchResources", "ExecuteResourceCommand" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/aspire.v1.DashboardService/{call}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(new byte[5]),
            };
            request.Headers.Add("x-resource-service-api-key", "a guess");
            using var response = await stranger.SendAsync(request);
            Assert.Equal(["16"], response.Headers.GetValues("grpc-status"));
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task the_other_commands_do_what_they_say()
    {
        var worker = system.Replicas("worker")[0].Id;
        foreach (var (resource, command) in new[] { (worker, "sweep"), ("proxy", "send-test-message"), ("redis", "flush") })
        {
            var result = await system.App.ResourceCommands.ExecuteCommandAsync(resource, command);
            Assert.True(result.Success, $"{command}: {result.Message} {result.Data?.Value}");
        }
    }

    [Fact]
    public async Task a_drain_ends_the_very_worker_that_was_meant()
    {
        var workers = system.Replicas("worker");
        foreach (var worker in workers)
        {
            Assert.True((await system.App.ResourceCommands.ExecuteCommandAsync(worker.Id, "drain")).Success);
            await system.App.ResourceNotifications.WaitForResourceAsync(
                "worker", replica => replica.ResourceId == worker.Id && replica.Snapshot.State?.Text == KnownResourceStates.Finished).WaitAsync(TimeSpan.FromMinutes(2));
            Assert.Equal([worker.Id], system.Replicas("worker").Where(replica => !replica.IsRunning).Select(replica => replica.Id).DefaultIfEmpty(worker.Id));
            await system.CommandAsync(worker.Id, "start");
            await system.WaitUntilHealthyAsync("worker");
        }
    }

    private async Task RunAsync(string command, string account)
    {
        await system.OpenAsync("/");
        var worker = system.Replicas("worker")[0].Id;
        var items = system.Page.Locator("fluent-menu-item:visible");
        var answer = system.Page.Locator("fluent-dialog fluent-text-field input").First;
        await ClickThroughAsync(
            async () =>
            {
                await system.Row(worker).GetByRole(AriaRole.Button).Last.ClickAsync();
                await items.Filter(new() { HasText = "Commands" }).First.HoverAsync();
                await items.GetByText(command, new() { Exact = true }).Last.ClickAsync();
            },
            answer);
        await answer.FillAsync(account);
        await system.PictureAsync("command");
        await system.Page.Locator("fluent-dialog .fluent-dialog-footer fluent-button").Filter(new() { HasText = command }).ClickAsync();
    }

    /// <summary>The dashboard draws its list anew with all news; a menu that was open then is gone with the click on it, and a person clicks again.</summary>
    private async Task ClickThroughAsync(Func<Task> clicks, ILocator opens)
    {
        for (var left = 4; ; left--)
        {
            try
            {
                await clicks();
                await opens.WaitForAsync(new() { Timeout = 20_000 });
                return;
            }
            catch (TimeoutException) when (left > 1)
            {
                await system.OpenAsync("/");
            }
        }
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
