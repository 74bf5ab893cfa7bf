using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Accounts;
using WaAspire.Worker.Observability;

namespace WaAspire.Tests.Gateway;

/// <summary>A socket that is open and hears nothing, through a whole worker, at about a tenth of the durations.</summary>
public sealed class DeafSocketTests(DeafSocketTests.ImpatientWorld world) : IClassFixture<DeafSocketTests.ImpatientWorld>
{
    [Fact]
    public async Task a_deaf_session_is_shown_and_restarted_once_and_a_quiet_one_is_left_in_peace()
    {
        var (deaf, quiet) = (await world.LinkAsync(), await world.LinkAsync());
        Assert.False((await ReadyAsync()).TryGetProperty("degradedAccounts", out _));
        await world.WhatsApp.PostAsync("faults", new { deaf = new { phone = deaf.Phone } });

        await deaf.StandsAsync(account => account.Boolean("degraded") == true, "the session is shown as degraded");
        await deaf.StandsAsync(account => account.Text("lastDisconnectReason") == "deaf" && account.Text(AccountFields.Status) == "connected", "it is made anew");

        // Nobody answers on the new one either, and it is not made anew again: its time has not come.
        await deaf.StandsAsync(account => account.Boolean("degraded") == true, "it is degraded again");
        var ready = await ReadyAsync();
        Assert.Equal((deaf.Id, false), (ready.GetProperty("degradedAccounts").EnumerateArray().Single().GetString(), ready.GetProperty("checks").GetProperty("sessions").GetBoolean()));
        Assert.Equal(1, (await deaf.StoredAsync()).Integer(AccountFields.ReconnectCount));

        await world.WhatsApp.PostAsync("faults", new { deaf = (object?)null });
        await deaf.StandsAsync(account => account.Boolean("degraded") == false, "it is heard again");
        Assert.False((await ReadyAsync()).TryGetProperty("degradedAccounts", out _));
        Assert.Equal((1L, 0L), ((await deaf.StoredAsync()).Integer(AccountFields.ReconnectCount), (await quiet.StoredAsync()).Integer(AccountFields.ReconnectCount)));
        Assert.Equal(1, (await world.Worker.GetRequiredService<OutboxFiguresReader>().ReadAsync(CancellationToken.None)).ReconnectCount);
    }

    /// <summary>Also while a session is deaf, the worker is ready: its other accounts are well.</summary>
    private async Task<JsonElement> ReadyAsync()
    {
        using var answer = await world.Http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public sealed class ImpatientWorld : LinkedWorld
    {
        protected override object GatewayOptions => new { backoffBaseMs = 100, backoffCapMs = 1000, keepAliveMs = 1000, deafAfterMs = 9000, restartDeafEveryMs = 600_000 };
    }
}
