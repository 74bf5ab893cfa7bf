using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class MetricsTests : IDisposable
{
    private readonly ProxyUnderTest _proxy;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public MetricsTests(ProxyUnderTest proxy)
    {
        _proxy = proxy;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "WaAspire.Proxy")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var key = string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => (string)tag.Value!)]);
            _counts.AddOrUpdate(key, value, (_, total) => total + value);
        });
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task sends_are_counted_by_what_became_of_them()
    {
        var conversation = await Conversation.OpenAsync(_proxy);
        await conversation.SendAsync(body => body["clientMessageId"] = "one");
        await conversation.SendAsync(body => body["clientMessageId"] = "one");
        await conversation.SendAsync(body => body["accountId"] = "another");

        Assert.Equal(1, _counts["waaspire.proxy.sends accepted"]);
        Assert.Equal(1, _counts["waaspire.proxy.sends duplicate"]);
        Assert.Equal(1, _counts["waaspire.proxy.sends account_mismatch"]);
    }

    [Fact]
    public async Task a_lane_that_cannot_be_rung_is_counted_and_not_the_clients_trouble()
    {
        (await (await Conversation.OpenAsync(_proxy)).SendAsync()).AssertAccepted();

        await Eventually.IsTrueAsync(() => Task.FromResult(_counts.ContainsKey("waaspire.proxy.signal.failures")), "the failed signal is counted");
    }

    [Fact]
    public async Task every_update_of_a_webhook_is_counted_by_kind()
    {
        var body = """
            {"entry":[{"changes":[
              {"field":"messages","value":{"messages":[{"id":"a"},{"id":"b"}],"statuses":[{"id":"wamid.unknown","status":"sent"},{"status":"sent"}]}},
              {"field":"account_update","value":{}}]}]}
            """u8.ToArray();
        var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), body));

        await ProxyUnderTest.SendAsync(
            _proxy.Client, HttpMethod.Post, "/webhooks/whatsapp", null, new ByteArrayContent(body), ("X-Hub-Signature-256", signature));

        Assert.Equal(1, _counts["waaspire.proxy.webhook.updates status not_ours"]);
        Assert.Equal(4, _counts["waaspire.proxy.webhook.updates other set_aside"]);
    }
}
