using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>WhatsApp is away, or answers so late that nobody listens any more.</summary>
[Collection(DegradedSystemGroup.Name)]
public sealed class ProviderTests(DegradedSystem system)
{
    [Fact]
    public async Task while_whatsapp_is_down_messages_wait_without_spending_attempts_and_go_out_in_order_when_it_is_back()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        var whatsapp = Assert.Single(system.Replicas("whatsapp"));

        await system.CommandAsync(whatsapp.Id, "stop");
        var told = await company.SendManyAsync(DegradedSystem.Messages, DegradedSystem.Threads);
        await Task.Delay(Durations.Scaled(TimeSpan.FromSeconds(60)), TimeProvider.System);
        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.NotEqual(OutboxStatus.Failed, message.Status));
        await system.CommandAsync(whatsapp.Id, "start");
        await system.WaitUntilHealthyAsync("whatsapp");

        await DegradedSystem.AssertKeptAtTheFirstAttemptAsync(company, told);
    }

    [Fact]
    public async Task an_answer_after_40_seconds_is_nobodys_and_the_receipt_tells_that_the_message_was_accepted()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        var late = (int)Durations.Scaled(TimeSpan.FromSeconds(40)).TotalMilliseconds;

        await using (await company.WithFaultsAsync(new
        {
            faults = new[] { new { kind = "acceptAfter", phoneNumberId = company.PhoneNumberId, times = DegradedSystem.Threads, @for = late } },
        }))
        {
            var told = await company.SendManyAsync(2 * DegradedSystem.Threads, DegradedSystem.Threads);
            await Eventually.IsTrueAsync(
                async () => (await company.AllOutboxAsync()).Values.Any(message => message.Status == OutboxStatus.Uncertain), "somebody is in doubt");
            await DegradedSystem.AssertKeptAsync(company, told);
        }
    }
}
