using System.Net.ServerSentEvents;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class PhoneSubscriptionTests
{
    [Fact]
    public async Task a_page_that_does_not_read_is_cut_off_after_its_buffer()
    {
        using var page = new PhoneSubscription(bufferMax: 2, leave: _ => { });

        Assert.True(page.Offer(new SseItem<string>("1")));
        Assert.True(page.Offer(new SseItem<string>("2")));
        Assert.False(page.Offer(new SseItem<string>("3")));

        var read = new List<string>();
        await foreach (var item in page.ReadAsync(CancellationToken.None)) read.Add(item.Data);
        Assert.Equal(["1", "2"], read);
    }
}
