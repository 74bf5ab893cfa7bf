using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// What <c>ResendAfterSilence</c> cannot know: a receipt that is merely late. WhatsApp accepts a message and drops the answer,
/// its receipts take longer than the quiet period, others of the same number are heard of: it is sent again.
/// </summary>
internal sealed class DuplicateOnPurpose(ChaosSystem system, ChaosPlan plan, Company company)
{
    /// <summary>Quiet periods that its receipts take.</summary>
    public const double Late = 2.2;

    private const int Doubtful = 1;

    // Longer than a webhook that nobody answers, and the pause until the gap that it makes is written.
    private static readonly TimeSpan _whole = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    public static int ThreadsNeeded => 200;

    /// <returns>How often WhatsApp accepted it.</returns>
    public async Task<int> MakeAsync()
    {
        await UntilIntakeIsWholeAsync();
        var late = (int)(plan.QuietPeriod * Late).TotalMilliseconds;
        await system.Switches.SetRequestsAsync(new { kind = "acceptThenDrop", to = company.PhoneOf(Doubtful), times = 1 });
        await system.Switches.SetWebhooksAsync(new { kind = "delay", status = "any", to = company.PhoneOf(Doubtful), times = 10, @for = late });
        var requestId = await company.SendAsync(Doubtful, "its receipt is late");
        await company.StateAsync(requestId, OutboxStatus.Uncertain);
        await system.Switches.SetRequestsAsync();
        var since = TimeProvider.System.GetTimestamp();
        for (var other = 0; TimeProvider.System.GetElapsedTime(since) < (plan.QuietPeriod * 3) + TimeSpan.FromSeconds(30); other++)
        {
            await company.SendAsync(2 + (other % (ThreadsNeeded - 1)), "heard of");
            await Task.Delay(plan.QuietPeriod / 40, TimeProvider.System);
            if ((await company.AcceptedAsync()).Count(message => message.RequestId == requestId) > 1)
            {
                break;
            }
        }

        await system.Switches.SetWebhooksAsync();
        return (await company.AcceptedAsync()).Count(message => message.RequestId == requestId);
    }

    /// <summary>The policy believes no silence about what was attempted before a gap, and what stood still makes one when it goes on.</summary>
    private async Task UntilIntakeIsWholeAsync()
    {
        var (all, since) = (FirestorePaths.IntakeOf(IntakeFields.All), TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            var read = await system.Firestore.GetAsync([all], "test", CancellationToken.None);
            if (read.Find(all)?.Fields.Timestamp(IntakeFields.NotWholeAt) + _whole < read.ReadTime)
            {
                return;
            }

            await Task.Delay(_look, TimeProvider.System);
        }
    }
}
