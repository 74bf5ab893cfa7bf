using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>What a collector gets of a message, from real processes: all of it, by its relations; or nothing, unless it failed.</summary>
public sealed class MessageTraceTests(TraceSystem system) : IClassFixture<TraceSystem>
{
    private const int Server = 2;
    private const int Error = 2;
    private const string SignalLane = "signal lane";

    [Fact]
    public async Task one_trace_leads_from_accept_to_read_though_the_worker_that_had_it_was_killed()
    {
        var company = await OpenAsync();
        string requestId, traceId;
        var victim = Assert.Single(system.Replicas("worker"));
        await using (await company.WithFaultsAsync(new { faults = new[] { new { kind = "hang", to = company.PhoneOf(1), times = 1, @for = 60_000 } } }))
        {
            (requestId, traceId) = await SendTracedAsync(company, "Follow me");
            await company.StateAsync(requestId, OutboxStatus.Processing);
            using (var process = Process.GetProcessById(victim.ProcessId))
            {
                process.Kill();
                await process.WaitForExitAsync();
            }

            await Eventually.IsTrueAsync(async () => (await system.App.ResourceCommands.ExecuteCommandAsync(victim.Id, "start")).Success, "its end is seen, and it starts again");
            await company.StateAsync(requestId, OutboxStatus.Uncertain, TimeSpan.FromMinutes(3));
        }

        await system.WaitUntilHealthyAsync("worker");
        using (var resent = await company.VerbAsync(requestId, "resend"))
        {
            Assert.Equal(HttpStatusCode.OK, resent.StatusCode);
        }

        await company.StateAsync(requestId, OutboxStatus.Sent);
        await ShowsAsync(company, requestId, "delivered");
        using (await system.WhatsApp.PostAsJsonAsync("/simulator/read", new { phoneNumberId = company.PhoneNumberId, contact = company.PhoneOf(1) }))
        {
            await ShowsAsync(company, requestId, "read");
        }

        AssertRelated(await system.TraceAsync(
            traceId, spans => Ours.Concat(["POST /whatsappProxySend"]).All(name => spans.Any(span => span.Name == name)) && spans.Any(IsRedis), "the whole trace has come"));
        Assert.DoesNotContain(company.PhoneOf(1), system.Collector.Raw, StringComparison.Ordinal);
        AssertDocumented(system.Collector.Spans);
    }

    [Fact]
    public async Task of_traces_that_nobody_chose_those_that_fail_are_kept_and_the_others_are_not()
    {
        var company = await OpenAsync();
        var quiet = await company.SendAsync(1, "nothing happens");
        await ShowsAsync(company, quiet, "delivered");
        string refused, retried;
        await using (await company.WithFaultsAsync(new
        {
            faults = new object[]
            {
                new { kind = "error", code = 131026, to = company.PhoneOf(1), bodyContains = "nobody takes this", times = 1 },
                new { kind = "error", code = 131000, to = company.PhoneOf(2), times = 1 },
            },
        }))
        {
            refused = await company.SendAsync(1, "nobody takes this");
            retried = await company.SendAsync(2, "not at once");
            await company.StateAsync(refused, OutboxStatus.Failed);
            await ShowsAsync(company, retried, "delivered");
        }

        // What waited in the worker comes along: the calls under the attempt had ended before anybody knew how it ends.
        var failed = await system.TraceAsync(await TraceOfAsync(company, refused), spans => spans.Any(span => span.Name == "send outbox"), "the refused message's attempt has come");
        var attempt = Assert.Single(failed, span => span.Name == "send outbox");
        Assert.Equal((Error, "Rejected"), (attempt.Status, attempt.Tags["waaspire.outcome"]));
        Assert.Contains(failed, span => span.Source == "System.Net.Http" && span.ParentId == attempt.Id);

        // And its acceptance in the proxy, when the receipt of a second attempt tells the proxy that there was a first one.
        var again = await system.TraceAsync(
            await TraceOfAsync(company, retried), spans => spans.Any(IsAccept) && spans.Count(span => span.Name == "send outbox") == 2, "both attempts of the other and its acceptance have come");
        Assert.All(again.Where(span => span.Name == "send outbox"), span => Assert.Equal(again.Single(IsAccept).Id, span.ParentId));

        // Each process exports in order: what follows has come, so what was before it never will.
        var (last, chosen) = await SendTracedAsync(company, "the last one");
        await ShowsAsync(company, last, "delivered");
        await system.TraceAsync(chosen, spans => spans.Any(span => span.Name == "receipt delivered") && spans.Any(span => span.Name == "send outbox"), "a chosen trace has come");
        var unseen = await TraceOfAsync(company, quiet);
        Assert.DoesNotContain(system.Collector.Spans, span => span.TraceId == unseen);
    }

    private static string[] Ours => ["send outbox", "rescue outbox", "receipt delivered", "receipt read", SignalLane];

    private static void AssertRelated(IReadOnlyList<ReceivedSpan> trace)
    {
        var accept = Assert.Single(trace, IsAccept);
        Assert.All(trace.Where(span => Ours.Contains(span.Name) && span.Name != SignalLane), span => Assert.Equal(accept.Id, span.ParentId));

        // The lane hears of the message, and of a receipt that has proven it before its worker's record did.
        string[] heardOf = [accept.Id, .. trace.Where(span => span.Name.StartsWith("receipt", StringComparison.Ordinal)).Select(span => span.Id)];
        Assert.All(trace.Where(span => span.Name == SignalLane), span => Assert.Contains(span.ParentId, heardOf));
        Assert.Contains(trace, span => span.Name == SignalLane && span.ParentId == accept.Id);

        // The first attempt's span died with its process; the second is another process's.
        var send = Assert.Single(trace, span => span.Name == "send outbox");
        Assert.Equal(("worker", "2"), (send.Service, send.Tags["waaspire.outbox.claim_seq"]));
        Assert.Contains(trace, span => span.Source == "System.Net.Http" && span.ParentId == send.Id);
        Assert.Equal("worker", trace.First(span => span.Name == "rescue outbox").Service);
        Assert.InRange(Seconds(send, "waaspire.queue.duration"), double.Epsilon, 3600);
        Assert.InRange(Seconds(send, "waaspire.send.duration"), double.Epsilon, 3600);

        // A receipt is part of the message's trace, and linked to the webhook that brought it.
        Assert.All(trace.Where(span => span.Name.StartsWith("receipt", StringComparison.Ordinal)), span =>
        {
            Assert.Equal("proxy", span.Service);
            Assert.NotEqual(span.TraceId, Assert.Single(span.LinkedTraces));
        });
        Assert.All(trace.Where(IsRedis), span => Assert.Contains(trace, parent => parent.Id == span.ParentId));
    }

    /// <summary>Spans of ours are rows of docs/telemetry.md, and have no tag that is not there.</summary>
    private static void AssertDocumented(IReadOnlyList<ReceivedSpan> spans)
    {
        var rows = TelemetryPage.Spans;
        Assert.All(spans.Where(span => span.Source.StartsWith("WaAspire.", StringComparison.Ordinal) || IsRedis(span)), span =>
        {
            var row = Assert.Single(rows, row => row.Covers(span.Name, span.Source));
            Assert.Subset(row.Tags.ToHashSet(), span.Tags.Keys.ToHashSet());
        });
    }

    private static bool IsAccept(ReceivedSpan span) => span is { Kind: Server, Service: "proxy", Name: "POST /whatsappProxySend" };

    private static bool IsRedis(ReceivedSpan span) => span.Source == "OpenTelemetry.Instrumentation.StackExchangeRedis";

    private static double Seconds(ReceivedSpan span, string tag) => double.Parse(span.Tags[tag], System.Globalization.CultureInfo.InvariantCulture);

    private async Task<Company> OpenAsync()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(2);
        return company;
    }

    /// <summary>As an app does that wants this request traced.</summary>
    private static async Task<(string RequestId, string TraceId)> SendTracedAsync(Company company, string text)
    {
        using var app = new Activity("app") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        return (await company.SendAsync(1, text), app.TraceId.ToHexString());
    }

    private static async Task<string> TraceOfAsync(Company company, string requestId) => (await company.OutboxAsync(requestId)).Trace!.Split('-')[1];

    private static Task ShowsAsync(Company company, string requestId, string status) => Eventually.IsTrueAsync(
        async () => await company.OutboxAsync(requestId) is { ThreadId: { } threadId }
            && (await company.StoredAsync(FirestorePaths.ThreadMessage(threadId, requestId))).Fields.Text(ThreadMessageFields.Status) == status,
        $"shown as {status}");
}
