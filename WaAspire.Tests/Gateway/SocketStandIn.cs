using System.Net.Http.Json;
using System.Text.Json;

namespace WaAspire.Tests.Gateway;

/// <summary>WhatsApp's websocket server as far as unmodified baileys can tell, and the phones in people's hands: its switches.</summary>
internal sealed class SocketStandIn(HttpClient http)
{
    /// <summary>A phone scans the code. False: it has been replaced by a newer one.</summary>
    public async Task<bool> ScanAsync(string qr, string phone)
    {
        using var answer = await http.PostAsJsonAsync("/admin/scan", new { qr, phone });
        return answer.IsSuccessStatusCode;
    }

    public async Task PostAsync(string verb, object body)
    {
        using var answer = await http.PostAsJsonAsync($"/admin/{verb}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<JsonElement> GetAsync(string what) => http.GetFromJsonAsync<JsonElement>($"/admin/{what}");

    /// <summary>Ends the account's socket, and refuses its next login with this code.</summary>
    public async Task RefuseLoginAsync(string phone, int code)
    {
        await PostAsync("faults", new Dictionary<string, object> { ["refuseLogin"] = new { phone, code = $"{code}", count = 1 } });
        await PostAsync("disconnect", new { account = phone, how = "drop" });
    }

    /// <summary>Everything that this account sent, as WhatsApp saw it: a repeated message is there as often as it came.</summary>
    public async Task<IReadOnlyList<SentStanza>> SentAsync(string phone) =>
        [.. (await GetAsync($"sent?account={phone}")).EnumerateArray().Select(entry => new SentStanza(
            entry.GetProperty("id").GetString()!, entry.GetProperty("contact").GetString()!, entry.TryGetProperty("text", out var text) ? text.GetString() : null))];

    /// <summary>Who came in and who went, in order.</summary>
    public async Task<IReadOnlyList<Coming>> ComingsAsync() =>
        [.. (await GetAsync("comings")).EnumerateArray().Select(entry => new Coming(
            entry.GetProperty("account").GetString()!,
            entry.GetProperty("what").GetString() == "login",
            entry.GetProperty("others").GetInt32(),
            DateTimeOffset.FromUnixTimeMilliseconds(entry.GetProperty("at").GetInt64())))];

    /// <summary>The linked devices by key: whoever scans again gets another one.</summary>
    public async Task<IReadOnlyList<string>> DevicesAsync() =>
        [.. (await GetAsync("state")).GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("key").GetString()!).Order()];
}

/// <summary>One message stanza.</summary>
internal sealed record SentStanza(string Id, string Contact, string? Text);

/// <summary>A device logged in, or its socket ended.</summary>
/// <param name="Others">Sockets of the same device that were open besides.</param>
internal sealed record Coming(string Phone, bool IsLogin, int Others, DateTimeOffset At)
{
    /// <summary>Whether the device is in after this: an old socket may end when the new one is open already.</summary>
    public bool IsIn => IsLogin || Others > 0;
}
