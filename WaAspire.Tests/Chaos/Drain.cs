using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// After the faults: waits until every message has come to its end, or is in doubt and not in WhatsApp's log, or waits behind
/// such a doubt. Then does what the handbook asks of a person: two minutes (the quiet period) after the doubt began, having
/// looked at the phone, releases the thread from it; the doubt itself stays, and is counted. Of an account that is paired by QR
/// code, the message is sent again instead: under its own id, so that a phone which has it shows nothing new.
/// </summary>
internal sealed class Drain(ChaosPlan plan, IReadOnlyList<Company> companies, LinkedAccounts linked, bool policyDecides)
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    // Longer than any wait that the error table can ask for after faults that last this long.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(12);

    /// <summary>What is written from now on is not waited for.</summary>
    /// <returns>False when something was still on its way at the end of all patience: it will be found lost.</returns>
    public async Task<bool> RunAsync()
    {
        var (since, begun) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow());
        while (TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            var open = new List<OutboxDocument>();
            foreach (var company in companies)
            {
                open.AddRange((await company.AllOutboxAsync()).Values.Where(message => message.IsUnfinished && message.CreateTime < begun));
            }

            if (open.All(IsReleased))
            {
                return true;
            }

            await ReleaseAsync(open);
            await Task.Delay(_look, TimeProvider.System);
        }

        return false;
    }

    /// <summary>Returns when WhatsApp has told everything that it has to tell.</summary>
    public static Task UntilToldAsync(ChaosSystem system) => Eventually.IsTrueAsync(
        async () =>
        {
            var status = await system.WhatsApp.GetFromJsonAsync<JsonElement>("/simulator/status");
            return status.GetProperty("pendingUpdates").GetInt32() == 0 && status.GetProperty("webhooks").GetProperty("bytes").GetInt64() == 0;
        },
        "every webhook has been taken",
        _patience);

    private async Task ReleaseAsync(List<OutboxDocument> open)
    {
        // The policy has its turn first, and evidence may take some time to reach it.
        var wait = policyDecides ? (plan.QuietPeriod * 1.5) + TimeSpan.FromSeconds(2) : plan.QuietPeriod + TimeSpan.FromSeconds(1);
        var now = TimeProvider.System.GetUtcNow();
        var old = open.Where(message => message.Status == OutboxStatus.Uncertain && !IsReleased(message) && message.DoubtSince + wait < now).ToList();
        if (old.Count == 0)
        {
            return;
        }

        var seen = (await Task.WhenAll(companies.Select(company => company.AcceptedAsync()))).SelectMany(accepted => accepted).Select(message => message.RequestId).ToHashSet();
        foreach (var doubtful in old.Where(message => !seen.Contains(message.RequestId)))
        {
            // Refused when a receipt or its holder was faster: the next look shows it.
            (await companies[0].VerbAsync(doubtful.RequestId, linked.Has(doubtful.AccountId) ? "resend" : "release")).Dispose();
        }
    }

    private static bool IsReleased(OutboxDocument message) => message is { Status: OutboxStatus.Uncertain, OrderAt: null };
}
