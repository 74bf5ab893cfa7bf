using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>One worker and one proxy that have seen traffic of every kind, and what they show of it.</summary>
public sealed class TelemetrySystem : RunningSystem, IAsyncLifetime
{
    public Company Company { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Company = await Company.OpenAsync(this);
        await Company.OpenThreadsAsync(2);
        await SendAsync();
        await ReceiveAsync();
    }

    public async Task<Dictionary<string, PrometheusFamily>> ReadAsync(string process) =>
        PrometheusPage.Read(await (process == "proxy" ? Proxy : Worker).GetStringAsync("/metrics"));

    protected override void Configure(IResourceBuilder<ProjectResource> worker)
    {
        base.Configure(worker);
        worker.WithReplicas(1).WithEnvironment("Observability__FiguresEvery", "00:00:01");
    }

    /// <summary>One accepted, asked for twice, delivered and read; one that WhatsApp refuses for good.</summary>
    private async Task SendAsync()
    {
        const string refused = "nobody takes this";
        var good = await Company.SendAsync(1, "for telemetry", "the-same");
        await Company.SendAsync(1, "for telemetry", "the-same");
        await using (await Company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131026, to = Company.PhoneOf(2), bodyContains = refused, times = 9 } } }))
        {
            await Company.StateAsync(await Company.SendAsync(2, refused), OutboxStatus.Failed);
        }

        await Company.StateAsync(good, OutboxStatus.Sent);
        await ShowsAsync(good, "delivered");
        using var read = await WhatsApp.PostAsJsonAsync("/simulator/read", new { phoneNumberId = Company.PhoneNumberId, contact = Company.PhoneOf(1) });
        await ShowsAsync(good, "read");
    }

    /// <summary>The same message comes twice.</summary>
    private async Task ReceiveAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            using var answer = await WhatsApp.PostAsJsonAsync(
                "/simulator/inbound",
                new { phoneNumberId = Company.PhoneNumberId, from = Company.PhoneOf(1), message = new { id = "wamid.telemetry", type = "text", text = new { body = "hello" } } });
            Assert.True(answer.IsSuccessStatusCode);
        }
    }

    private Task ShowsAsync(string requestId, string status) => Eventually.IsTrueAsync(
        async () => (await Company.StoredAsync(FirestorePaths.ThreadMessage(Company.ThreadId(1), requestId))).Fields.Text(ThreadMessageFields.Status) == status, $"shown as {status}");
}
