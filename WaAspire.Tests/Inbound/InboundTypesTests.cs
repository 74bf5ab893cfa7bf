using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

/// <summary>Every type that Meta delivers, once, through a signed webhook.</summary>
[Collection(ProxyCollection.Name)]
public sealed class InboundTypesTests(ProxyUnderTest proxy)
{
    public static TheoryData<string, string, string, string, string?> Types => new()
    {
        { """{"type":"text","text":{"body":"Bună  ziua\nși la revedere"}}""", "text", "Bună  ziua\nși la revedere", "Bună ziua și la revedere", null },
        { """{"type":"image","image":{"caption":"The hall","mime_type":"image/jpeg","sha256":"aGFzaA==","id":"media-1","url":"https://lookaside.example.com/1"}}""", "image", "The hall", "The hall", "media" },
        { """{"type":"image","image":{"mime_type":"image/jpeg","sha256":"aGFzaA==","id":"media-1"}}""", "image", "", "[Image]", "media" },
        { """{"type":"video","video":{"mime_type":"video/mp4","sha256":"aGFzaA==","id":"media-2"}}""", "video", "", "[Video]", "media" },
        { """{"type":"audio","audio":{"mime_type":"audio/ogg; codecs=opus","sha256":"aGFzaA==","id":"media-3","voice":true}}""", "audio", "", "[Audio]", "media" },
        { """{"type":"document","document":{"filename":"offer.pdf","mime_type":"application/pdf","sha256":"aGFzaA==","id":"media-4"}}""", "document", "", "[Document]", "media" },
        { """{"type":"sticker","sticker":{"mime_type":"image/webp","sha256":"aGFzaA==","id":"media-5","animated":false}}""", "sticker", "", "[Sticker]", "media" },
        { """{"type":"location","location":{"latitude":44.4268,"longitude":26.1025,"name":"Hall","address":"Street 1"}}""", "location", "Hall, Street 1", "Hall, Street 1", "location" },
        { """{"type":"location","location":{"latitude":44,"longitude":26.1025}}""", "location", "", "[Location]", "location" },
        { """{"type":"contacts","contacts":[{"name":{"formatted_name":"Ion","first_name":"Ion"},"phones":[{"phone":"+40700000009"}]}]}""", "contacts", "Ion", "Ion", "contacts" },
        { """{"type":"contacts","contacts":[{}]}""", "contacts", "", "[Contact]", "contacts" },
        { """{"type":"button","button":{"payload":"YES","text":"Yes"},"context":{"from":"15550000001","id":"wamid.template"}}""", "button", "Yes", "Yes", "button" },
        { """{"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Book"}}}""", "interactive", "Book", "Book", "interactive" },
        { """{"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"l1","title":"Saturday","description":"May"}}}""", "interactive", "Saturday", "Saturday", "interactive" },
        { """{"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"a\":1}"}}}""", "interactive", "Sent", "Sent", "interactive" },
        { """{"type":"order","order":{"catalog_id":"c","text":"Please","product_items":[{"product_retailer_id":"p","quantity":2,"item_price":9.5,"currency":"EUR"}]}}""", "order", "Please", "Please", "order" },
        { """{"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown","message":"Message type unknown","error_data":{"details":"d"}}]}""", "unsupported", "", "[Message]", "errors" },
        { """{"type":"hologram","hologram":{"shape":"cube"}}""", "unknown", "", "[Message]", "raw" },
        { """{"type":"image","image":"not an object"}""", "unknown", "", "[Message]", "raw" },
        { """{"text":{"body":"no type"}}""", "unknown", "", "[Message]", "raw" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task a_message_is_stored_with_its_words_and_its_content(string content, string type, string body, string preview, string? kept)
    {
        var customer = await Customer.MeetAsync(proxy);
        const string Id = "wamid.HBgLNDA3/MTIz%NDU=";

        await customer.WriteAsync(customer.Message(Id, content));

        var message = Assert.Single(await customer.MessagesAsync());
        Assert.Equal("wamid.HBgLNDA3%2FMTIz%25NDU=", message.Id);
        Assert.Equal((type, body, "inbound", "delivered"), (message.Fields.Text("messageType"), message.Fields.Text("body"), message.Fields.Text("direction"), message.Fields.Text("status")));
        Assert.Equal((Id, Id, customer.AccountId, customer.Jid), (message.Fields.Text("providerMessageId"), message.Fields.Text("waMessageId"), message.Fields.Text("accountId"), message.Fields.Text("clientJid")));
        Assert.Equal((Customer.At, Customer.At.ToUnixTimeMilliseconds()), (message.Fields.Timestamp("tsClient"), message.Fields.Integer("createdAtMs")));
        Assert.Equal("Ana Pop", message.Fields.Text("senderName"));
        Assert.True(kept is null || message.Fields.ContainsKey(kept), kept);

        var thread = (await customer.ThreadAsync())!.Fields;
        Assert.Equal((preview, preview, "inbound"), (thread.Text("lastMessageText"), thread.Text("lastMessagePreview"), thread.Text("lastMessageDirection")));
        Assert.Equal((customer.AccountId, customer.Jid, "+" + customer.Phone, "Ana Pop"), (thread.Text("accountId"), thread.Text("clientJid"), thread.Text("phoneE164"), thread.Text("displayName")));
        Assert.Equal((Customer.At, Customer.At.ToUnixTimeMilliseconds(), 1), (thread.Timestamp("lastMessageAt"), thread.Integer("lastMessageAtMs"), thread.Integer("unreadCount")));
        Assert.Equal((customer.AccountId, Id), ((await customer.MarkerAsync(Id))!.Fields.Text("accountId"), (await customer.MarkerAsync(Id))!.Fields.Text("providerMessageId")));
    }

    [Fact]
    public async Task media_keeps_what_is_needed_to_fetch_it()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(customer.Message("wamid.m", """{"type":"document","document":{"caption":"Offer","filename":"offer.pdf","mime_type":"application/pdf","sha256":"aGFzaA==","id":"media-4","url":"https://x.example.com"}}"""));

        var media = Assert.Single(await customer.MessagesAsync()).Fields.Map("media")!;
        Assert.Equal(
            ("document", "media-4", "application/pdf", "application/pdf", "aGFzaA==", "offer.pdf", "Offer", "https://x.example.com"),
            (media.Text("type"), media.Text("id"), media.Text("mimetype"), media.Text("mimeType"), media.Text("sha256"), media.Text("filename"), media.Text("caption"), media.Text("url")));
    }

    [Fact]
    public async Task a_reply_a_forward_and_an_advertisement_are_kept_beside_the_words()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(
            customer.Message("wamid.reply", """{"type":"text","text":{"body":"a"},"context":{"from":"15550000001","id":"wamid.before"}}"""),
            customer.Message("wamid.forward", """{"type":"text","text":{"body":"b"},"context":{"frequently_forwarded":true}}"""),
            customer.Message("wamid.ad", """{"type":"text","text":{"body":"c"},"referral":{"source_url":"https://fb.me/x","source_id":"1","ctwa_clid":"clid"},"of_tomorrow":{"x":1}}"""));

        var messages = (await customer.MessagesAsync()).ToDictionary(message => message.Id, message => message.Fields);
        Assert.Equal("wamid.before", messages["wamid.reply"].Map("context")!.Text("id"));
        Assert.Equal((true, true), (messages["wamid.forward"].Boolean("forwarded"), messages["wamid.forward"].Boolean("frequentlyForwarded")));
        Assert.Equal("clid", messages["wamid.ad"].Map("referral")!.Text("ctwa_clid"));
        Assert.Equal("""{"x":1}""", messages["wamid.ad"].Map("unknownFields")!.Text("of_tomorrow"));
    }

    [Fact]
    public async Task a_message_in_a_group_belongs_to_the_group_and_names_its_writer()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(customer.Message("wamid.g", """{"type":"text","text":{"body":"to all"},"group_id":"Y2FwaV9ncm91cDox"}"""));

        var threadId = $"{customer.AccountId}__Y2FwaV9ncm91cDox@g.us";
        var message = Assert.Single(await customer.MessagesAsync(threadId)).Fields;
        Assert.Equal((customer.Jid, customer.Phone, "Ana Pop"), (message.Text("senderJid"), message.Text("senderId"), message.Text("senderName")));
        var thread = (await customer.ThreadAsync(threadId))!.Fields;
        Assert.Equal(("Ana Pop", null, null), (thread.Text("lastMessageSenderName"), thread.Text("displayName"), thread.Text("phoneE164")));
    }

    [Fact]
    public async Task a_user_without_a_number_has_a_thread_that_the_number_takes_over_when_it_is_told()
    {
        var customer = await Customer.MeetAsync(proxy);
        const string User = "US.13491208655302741918";
        var hidden = customer.Message("wamid.hidden", $$"""{"type":"text","text":{"body":"a"},"from_user_id":"{{User}}"}""");
        hidden.Remove("from");
        var contacts = JsonSerializer.Serialize(new[] { new { profile = new { name = "Ana", username = "ana.pop" }, user_id = User } });

        Assert.Equal(200, (await customer.DeliverAsync(customer.Body([hidden], contacts: contacts))).Status);

        var alias = $"{customer.AccountId}__{User}@bsuid";
        Assert.Single(await customer.MessagesAsync(alias));
        Assert.Equal(("Ana", "ana.pop", true), ((await customer.ThreadAsync(alias))!.Fields.Text("displayName"), (await customer.ThreadAsync(alias))!.Fields.Text("username"), (await customer.ThreadAsync(alias))!.Fields.Boolean("isLid")));

        await customer.WriteAsync(customer.Message("wamid.open", $$"""{"type":"text","text":{"body":"b"},"from_user_id":"{{User}}"}"""));
        hidden["id"] = "wamid.hidden.again";
        await customer.WriteAsync(hidden);

        Assert.Equal(customer.ThreadId, (await customer.ThreadAsync(alias))!.Fields.Text("redirectTo"));
        Assert.Equal(["wamid.hidden.again", "wamid.open"], (await customer.MessagesAsync()).Select(message => message.Id).Order());
    }

    [Fact]
    public async Task a_changed_user_id_is_one_more_alias_of_whose_number_is_known()
    {
        var customer = await Customer.MeetAsync(proxy);
        const string User = "US.24491208655302741918";

        await customer.WriteAsync(customer.Message("wamid.system", $$$"""{"type":"system","system":{"body":"b","user_id":"{{{User}}}","type":"user_changed_user_id"}}"""));
        var hidden = customer.Message("wamid.hidden", $$"""{"type":"text","text":{"body":"a"},"from_user_id":"{{User}}"}""");
        hidden.Remove("from");
        await customer.WriteAsync(hidden);

        Assert.Equal(customer.ThreadId, (await customer.ThreadAsync($"{customer.AccountId}__{User}@bsuid"))!.Fields.Text("redirectTo"));
        Assert.Equal(["wamid.hidden", "wamid.system"], (await customer.MessagesAsync()).Select(message => message.Id).Order());
        Assert.Null((await customer.ThreadAsync())!.Fields.Text("migratedTo"));
    }

    [Fact]
    public async Task a_changed_number_links_the_old_thread_and_the_new_one()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.before", "before"));

        await customer.WriteAsync(customer.Message("wamid.system", """{"type":"system","system":{"body":"Ana changed to +40 799","wa_id":"40799123456","type":"user_changed_number"}}""", "1767225700"));

        var newId = $"{customer.AccountId}__40799123456@s.whatsapp.net";
        var (old, moved) = ((await customer.ThreadAsync())!.Fields, (await customer.ThreadAsync(newId))!.Fields);
        Assert.Equal((newId, customer.ThreadId), (old.Text("migratedTo"), moved.Text("migratedFrom")));
        Assert.Equal(("40799123456@s.whatsapp.net", "Ana Pop"), (moved.Text("clientJid"), moved.Text("displayName")));
        Assert.NotNull(moved.Timestamp("lastMessageAt"));
        Assert.Equal(1, old.Integer("unreadCount"));
        Assert.Equal(2, (await customer.MessagesAsync()).Count);
    }
}
