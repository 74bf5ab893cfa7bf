using System.Net.Http.Json;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class WebhookFaultTests : IAsyncLifetime
{
    private WebhookReceiver _receiver = null!;
    private Simulator _simulator = null!;

    // One lane: what arrives first was posted first.
    public async Task InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        _simulator = await Simulator.StartAsync(("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"));
    }

    public async Task DisposeAsync()
    {
        await _simulator.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task suppress_swallows_one_status()
    {
        await FaultAsync(new { kind = "suppress", status = "sent" });
        var id = await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal((id, "delivered"), await NextAsync());
    }

    [Fact]
    public async Task duplicate_tells_a_status_twice()
    {
        await FaultAsync(new { kind = "duplicate", status = "delivered" });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["sent", "delivered", "delivered"], await NextStatusesAsync(3));
    }

    [Fact]
    public async Task delay_tells_a_status_late()
    {
        await FaultAsync(new { kind = "delay", status = "sent", @for = 600 });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["delivered", "sent"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task reorder_lets_the_next_status_overtake()
    {
        await FaultAsync(new { kind = "reorder", status = "sent", opaqueContains = "mine" });
        await _simulator.SendAsync(Simulator.Text("one", opaque: "mine:1"));
        Assert.Equal(["delivered", "sent"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task reorder_tells_a_status_that_nothing_overtakes_after_a_while()
    {
        await FaultAsync(new { kind = "reorder", status = "delivered", @for = 300 });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["sent", "delivered"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task fail_status_ends_the_message_with_a_code()
    {
        await FaultAsync(new { kind = "failStatus", status = "delivered", code = 131047, bodyContains = "one" });
        var id = await _simulator.SendAsync(Simulator.Text("one", opaque: "r:1"));
        Assert.Equal((id, "sent"), await NextAsync());
        var failed = await _receiver.NextAsync();
        Assert.Equal((id, "failed", "r:1"), (failed.Id, failed.Status, failed.Opaque));
        Assert.Equal(131047, failed.Json.GetProperty("errors")[0].GetProperty("code").GetInt32());
        Assert.NotEmpty(failed.Json.GetProperty("errors")[0].GetProperty("error_data").GetProperty("details").GetString()!);

        // Opening the chat does not read what failed: the next thing told is about the next message.
        using var read = await _simulator.Http.PostAsJsonAsync(
            "/simulator/read", new { phoneNumberId = Simulator.Number, contact = Simulator.Person });
        var next = await _simulator.SendAsync(Simulator.Text("two"));
        Assert.Equal((next, "sent"), await NextAsync());
    }

    [Fact]
    public async Task an_inbound_message_can_come_twice_too()
    {
        await FaultAsync(new { kind = "duplicate", status = "inbound" });
        using var inbound = await _simulator.Http.PostAsJsonAsync(
            "/simulator/inbound", new { phoneNumberId = Simulator.Number, from = Simulator.Person, text = "hello" });
        var first = await _receiver.InboundAsync();
        var second = await _receiver.InboundAsync();
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
    }

    [Fact]
    public async Task a_status_can_overtake_the_answer()
    {
        await _simulator.FaultsAsync(new { faults = new[] { new { kind = "acceptThenSlow", @for = 60_000 } } });
        using var leave = new CancellationTokenSource();
        var posting = _simulator.PostAsync(Simulator.Text("one", opaque: "r:1"), leave.Token);
        Assert.Equal("r:1", (await _receiver.StatusAsync("delivered")).Opaque);
        Assert.False(posting.IsCompleted);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
    }

    private Task FaultAsync(object fault) => _simulator.FaultsAsync(new { webhooks = new[] { fault } });

    private async Task<(string, string)> NextAsync() => await _receiver.NextAsync() is var next ? (next.Id, next.Status) : default;

    private async Task<string[]> NextStatusesAsync(int count)
    {
        var statuses = new string[count];
        for (var i = 0; i < count; i++) statuses[i] = (await _receiver.NextAsync()).Status;
        return statuses;
    }
}
