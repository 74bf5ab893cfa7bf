using System.Net.Http.Headers;
using System.Text.Json;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class AcceptedLogTests
{
    [Fact]
    public async Task two_hundred_sends_at_once_get_two_hundred_ids_and_one_order()
    {
        await using var simulator = await Simulator.StartAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => simulator.SendAsync(Simulator.Text($"m{i}", opaque: $"r{i}:1"))));

        var accepted = await simulator.AcceptedAsync();
        Assert.Equal(200, ids.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), accepted.Select(entry => entry.GetProperty("sequence").GetInt64()));
        Assert.Equal(accepted.Select(At).Order(), accepted.Select(At));
        foreach (var entry in accepted)
        {
            // The id given to a request is the id that the log holds for it, not for its neighbour.
            var i = int.Parse(entry.GetProperty("opaque").GetString()![1..^2], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(ids[i], entry.GetProperty("id").GetString());
            Assert.Equal($"m{i}", entry.GetProperty("body").GetProperty("text").GetProperty("body").GetString());
            Assert.Equal(Simulator.Person, entry.GetProperty("to").GetString());
            Assert.Equal(Simulator.Number, entry.GetProperty("phoneNumberId").GetString());
        }
    }

    [Fact]
    public async Task the_phone_shows_messages_in_the_order_of_the_log()
    {
        await using var simulator = await Simulator.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => simulator.SendAsync(Simulator.Text($"m{i}"))));

        var snapshot = await SnapshotAsync(simulator);

        var shown = snapshot.GetProperty("chats")[0].GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString());
        Assert.Equal((await simulator.AcceptedAsync()).Select(entry => entry.GetProperty("id").GetString()), shown);
    }

    [Fact]
    public async Task the_log_is_read_on_from_any_place_and_as_an_array()
    {
        await using var simulator = await Simulator.StartAsync();
        for (var i = 1; i <= 5; i++) await simulator.SendAsync(Simulator.Text($"m{i}"));

        var page = await simulator.LinesAsync("/simulator/accepted?after=2&limit=2");
        Assert.Equal([3L, 4L], page.Select(entry => entry.GetProperty("sequence").GetInt64()));
        Assert.Empty(await simulator.LinesAsync("/simulator/accepted?after=99"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/simulator/accepted");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await simulator.Http.SendAsync(request);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(5, JsonSerializer.Deserialize<JsonElement[]>(await response.Content.ReadAsStringAsync())!.Length);
    }

    [Fact]
    public async Task a_full_log_forgets_its_oldest_entries_and_says_so()
    {
        await using var simulator = await Simulator.StartAsync(("Simulator:AcceptedMax", "3"));
        for (var i = 1; i <= 5; i++) await simulator.SendAsync(Simulator.Text($"m{i}"));

        using var response = await simulator.Http.GetAsync("/simulator/accepted");
        Assert.Equal("2", Assert.Single(response.Headers.GetValues("X-Simulator-Dropped")));
        Assert.Equal([3L, 4L, 5L], (await simulator.AcceptedAsync()).Select(entry => entry.GetProperty("sequence").GetInt64()));
        Assert.Single(await simulator.LinesAsync("/simulator/accepted?after=4"));
    }

    [Fact]
    public async Task clearing_empties_logs_and_chats_but_never_reuses_a_sequence()
    {
        await using var simulator = await Simulator.StartAsync();
        await simulator.SendAsync(Simulator.Text("before"));
        using var cleared = await simulator.Http.DeleteAsync("/simulator/accepted");

        Assert.Empty(await simulator.AcceptedAsync());
        Assert.Empty(await simulator.RequestsAsync());
        Assert.Equal(0, (await SnapshotAsync(simulator)).GetProperty("chats").GetArrayLength());
        await simulator.SendAsync(Simulator.Text("after"));
        Assert.Equal(2, Assert.Single(await simulator.AcceptedAsync()).GetProperty("sequence").GetInt64());
    }

    [Fact]
    public async Task chats_and_their_messages_are_bounded()
    {
        await using var simulator = await Simulator.StartAsync(("Simulator:ChatsMax", "2"), ("Simulator:MessagesPerChatMax", "2"));
        foreach (var person in new[] { "+40711111111", "+40722222222", "+40733333333" })
            for (var i = 0; i < 3; i++)
                await simulator.SendAsync(Simulator.Text($"m{i}", person));

        var chats = (await SnapshotAsync(simulator)).GetProperty("chats").EnumerateArray().ToArray();
        Assert.Equal(["40733333333", "40722222222"], chats.Select(chat => chat.GetProperty("chat").GetProperty("contact").GetString()!));
        Assert.All(chats, chat => Assert.Equal(
            ["m1", "m2"], chat.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("text").GetString()!)));
    }

    [Fact]
    public async Task open_pages_are_bounded_and_a_closed_one_makes_room()
    {
        await using var simulator = await Simulator.StartAsync(("Simulator:SubscribersMax", "1"));
        using (var first = await simulator.Http.GetAsync("/simulator/events", HttpCompletionOption.ResponseHeadersRead))
        {
            using var second = await simulator.Http.GetAsync("/simulator/events", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, second.StatusCode);
        }

        await Eventually.GetAsync(
            async () =>
            {
                using var again = await simulator.Http.GetAsync("/simulator/events", HttpCompletionOption.ResponseHeadersRead);
                return again.StatusCode;
            },
            status => status == System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task no_bearer_token_is_in_any_log()
    {
        await using var simulator = await Simulator.StartAsync();
        await simulator.SendAsync(Simulator.Text("hi"));
        Assert.DoesNotContain(Simulator.Token, await simulator.Http.GetStringAsync("/simulator/requests"), StringComparison.Ordinal);
        Assert.DoesNotContain(Simulator.Token, await simulator.Http.GetStringAsync("/simulator/accepted"), StringComparison.Ordinal);
    }

    private static DateTimeOffset At(JsonElement entry) => entry.GetProperty("at").GetDateTimeOffset();

    /// <summary>The first event of the stream.</summary>
    private static async Task<JsonElement> SnapshotAsync(Simulator simulator)
    {
        await using var stream = await simulator.Http.GetStreamAsync("/simulator/events");
        using var reader = new StreamReader(stream);
        Assert.Equal("event: snapshot", await reader.ReadLineAsync());
        var data = await reader.ReadLineAsync();
        return JsonSerializer.Deserialize<JsonElement>(data!["data: ".Length..]);
    }
}
