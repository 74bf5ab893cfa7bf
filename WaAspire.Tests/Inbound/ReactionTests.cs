using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

[Collection(ProxyCollection.Name)]
public sealed class ReactionTests(ProxyUnderTest proxy)
{
    [Fact]
    public async Task a_reaction_stands_on_the_message_and_is_no_bubble()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.hi", "hi"));

        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"));

        Assert.Equal("👍", await EmojiAsync(customer));
        Assert.Equal(("[Reaction]", 1), ((await customer.ThreadAsync())!.Fields.Text("lastMessageText"), (await customer.ThreadAsync())!.Fields.Integer("unreadCount")));
    }

    [Fact]
    public async Task the_latest_reaction_of_a_person_counts_whatever_the_order()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.hi", "hi"));

        await customer.WriteAsync(React(customer, "wamid.r2", "wamid.hi", null, "1767225605"));
        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"), React(customer, "wamid.r0", "wamid.hi", "🎉", "1767225600"));

        Assert.Null(await EmojiAsync(customer));
    }

    [Fact]
    public async Task a_reaction_that_overtook_its_message_waits_for_it()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"));
        Assert.Empty(await customer.MessagesAsync());
        await customer.WriteAsync(customer.Text("wamid.hi", "hi"));

        Assert.Equal("👍", await EmojiAsync(customer));
    }

    [Fact]
    public async Task a_reaction_that_comes_with_its_message_stands_on_it()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"), customer.Text("wamid.hi", "hi"));

        Assert.Equal("👍", await EmojiAsync(customer));
    }

    [Fact]
    public async Task a_reaction_to_our_own_message_finds_it_by_its_provider_id()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "request-reacted", "wamid.ours");

        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.ours", "❤️", "1767225601"));

        Assert.Equal("❤️", await EmojiAsync(customer));
    }

    [Fact]
    public async Task a_reaction_that_was_seen_changes_nothing()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.hi", "hi"), React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"));
        var before = Assert.Single(await customer.MessagesAsync()).UpdateTime;

        await customer.WriteAsync(React(customer, "wamid.r1", "wamid.hi", "👍", "1767225601"));

        Assert.Equal(before, Assert.Single(await customer.MessagesAsync()).UpdateTime);
    }

    private static JsonObject React(Customer customer, string id, string target, string? emoji, string time) =>
        customer.Message(id, JsonSerializer.Serialize(new { type = "reaction", reaction = new { message_id = target, emoji } }), time);

    private static async Task<string?> EmojiAsync(Customer customer) =>
        Assert.Single(await customer.MessagesAsync()).Fields.Map("reactions")!.Map(customer.Jid)!.Text("emoji");
}
