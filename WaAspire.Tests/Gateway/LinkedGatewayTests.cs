using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Tests.Providers;
using WaAspire.Worker.Gateway;

namespace WaAspire.Tests.Gateway;

/// <summary>The contract kept by the gateway's own process, with unmodified baileys in it, against WhatsApp's socket stand-in.</summary>
public sealed class LinkedGatewayTests(LinkedWorld world) : GatewayContract, IClassFixture<LinkedWorld>
{
    private static readonly TimeSpan _aWhile = TimeSpan.FromMilliseconds(100);
    private LinkedAccount _account = null!;

    protected override string AccountId => _account.Id;

    protected override long Epoch => _account.Held!.Term.Epoch;

    protected override long InAMinute => (TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1)).ToUnixTimeMilliseconds();

    protected override async Task ConnectAsync() => _account = await world.LinkAsync();

    protected override Task LoseNextAnswerAsync() => world.WhatsApp.PostAsync("faults", new { dropAfterMessage = new { phone = _account.Phone, count = 1 } });

    protected override async Task<IReadOnlyList<string>> BubblesAsync() => [.. (await world.WhatsApp.SentAsync(_account.Phone)).Select(sent => sent.Id).Distinct()];

    protected override Task WaitAsync() => Task.Delay(_aWhile, TimeProvider.System);

    protected override Task<GatewayReply> PostAsync(string command, JsonObject body, TimeSpan limit) =>
        world.Worker.GetRequiredService<GatewayClient>().PostAsync(command, body, limit, CancellationToken.None);
}
