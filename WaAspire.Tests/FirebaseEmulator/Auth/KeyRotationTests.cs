using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.FirebaseEmulator.Auth;

/// <summary>The emulator's keys change under a proxy that runs on, as Google's do.</summary>
public sealed class KeyRotationTests(ProxyUnderTest proxy) : IClassFixture<ProxyUnderTest>
{
    [Fact]
    public async Task tokens_of_old_and_new_keys_pass_until_the_old_key_is_withdrawn()
    {
        var old = await Conversation.OpenAsync(proxy);
        (await old.SendAsync()).AssertAccepted();

        var first = await RotateAsync(dropOld: false);
        Assert.Equal(2, first.GetProperty("published").GetArrayLength());
        var fresh = await Conversation.OpenAsync(proxy);
        (await fresh.SendAsync()).AssertAccepted();
        (await old.SendAsync()).AssertAccepted();

        var second = await RotateAsync(dropOld: true);
        Assert.Equal(second.GetProperty("keyId").GetString(), Assert.Single(second.GetProperty("published").EnumerateArray()).GetString());
        (await (await Conversation.OpenAsync(proxy)).SendAsync()).AssertAccepted();
        // The proxy fetched anew for the unknown key; what it fetched no longer holds the withdrawn ones.
        Assert.Equal(401, (await old.SendAsync()).Status);
        Assert.Equal(401, (await fresh.SendAsync()).Status);
    }

    private async Task<JsonElement> RotateAsync(bool dropOld)
    {
        using var answer = await proxy.Emulator.PostAsync($"/emulator/v1/keys:rotate?dropOld={dropOld}", null);
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }
}
