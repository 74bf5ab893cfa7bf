using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>Messages that WhatsApp could only refuse: each differs from a good one in one thing, and the field that is wrong is named.</summary>
public static class BadPayloads
{
    public static TheoryData<string, string, string> All() => new()
    {
        { "a string", "payload", "\"x\"" },
        { "a list", "payload", "[]" },
        { "empty", "payload.type", "{}" },
        { "an unknown kind", "payload.type", """{"type":"carrier_pigeon","carrier_pigeon":{}}""" },
        { "a kind that is a number", "payload.type", """{"type":5}""" },
        { "a kind of old polls", "payload.type", """{"poll":{"name":"x"}}""" },
        { "no content", "payload.image", """{"type":"image"}""" },
        { "content of another kind", "payload.image", """{"type":"image","video":{"id":"1"}}""" },
        { "two contents", "payload.video", """{"type":"image","image":{"id":"1"},"video":{"id":"1"}}""" },
        { "the envelope is ours", "payload.to", """{"type":"text","text":{"body":"x"},"to":"+40712345678"}""" },
        { "the product is ours", "payload.messaging_product", """{"type":"text","text":{"body":"x"},"messaging_product":"whatsapp"}""" },
        { "the opaque data is ours", "payload.biz_opaque_callback_data", """{"type":"text","text":{"body":"x"},"biz_opaque_callback_data":"x"}""" },
        { "a group", "payload.recipient_type", """{"type":"text","text":{"body":"x"},"recipient_type":"group"}""" },
        { "an identity that is no text", "payload.recipient_identity_key_hash", """{"type":"text","text":{"body":"x"},"recipient_identity_key_hash":7}""" },

        { "empty text", "payload.text.body", """{"type":"text","text":{"body":" "}}""" },
        { "text too long", "payload.text.body", $$"""{"type":"text","text":{"body":"{{X(4097)}}"} }""" },
        { "an escape character", "payload.text.body", """{"type":"text","text":{"body":"\u001b[31m"}}""" },
        { "a flag that is a string", "payload.text.preview_url", """{"type":"text","text":{"body":"x","preview_url":"yes"}}""" },
        { "a misspelled field", "payload.text.previewUrl", """{"type":"text","text":{"body":"x","previewUrl":true}}""" },
        { "a name that cannot be told back", "payload.text.(unreadable name)", """{"type":"text","text":{"body":"x","<b>":true}}""" },

        { "neither id nor link", "payload.image", """{"type":"image","image":{"caption":"x"}}""" },
        { "both id and link", "payload.image", """{"type":"image","image":{"id":"1","link":"https://example.com/a.png"}}""" },
        { "a link to a file", "payload.image.link", """{"type":"image","image":{"link":"file:///etc/passwd"}}""" },
        { "a link to a server of another kind", "payload.image.link", """{"type":"image","image":{"link":"ftp://example.com/a.png"}}""" },
        { "a link without a host", "payload.image.link", """{"type":"image","image":{"link":"https:///a.png"}}""" },
        { "a link that is half of one", "payload.image.link", """{"type":"image","image":{"link":"/a.png"}}""" },
        { "a link with a blank", "payload.image.link", """{"type":"image","image":{"link":"https://example.com/a b.png"}}""" },
        { "a link that is too long", "payload.image.link", $$"""{"type":"image","image":{"link":"https://example.com/{{X(2048)}}"} }""" },
        { "an empty id", "payload.image.id", """{"type":"image","image":{"id":""}}""" },
        { "an id with a blank", "payload.video.id", """{"type":"video","video":{"id":"1 2"}}""" },
        { "caption too long", "payload.image.caption", $$"""{"type":"image","image":{"id":"1","caption":"{{X(1025)}}"} }""" },
        { "a caption on a video, too long", "payload.video.caption", $$"""{"type":"video","video":{"id":"1","caption":"{{X(1025)}}"} }""" },
        { "a caption on a document, too long", "payload.document.caption", $$"""{"type":"document","document":{"id":"1","caption":"{{X(1025)}}"} }""" },
        { "audio with a caption", "payload.audio.caption", """{"type":"audio","audio":{"id":"1","caption":"x"}}""" },
        { "a voice that is no flag", "payload.audio.voice", """{"type":"audio","audio":{"id":"1","voice":"true"}}""" },
        { "a sticker with a caption", "payload.sticker.caption", """{"type":"sticker","sticker":{"id":"1","caption":"x"}}""" },
        { "a file name on an image", "payload.image.filename", """{"type":"image","image":{"id":"1","filename":"a.png"}}""" },

        { "no longitude", "payload.location.longitude", """{"type":"location","location":{"latitude":44}}""" },
        { "latitude off the earth", "payload.location.latitude", """{"type":"location","location":{"latitude":90.1,"longitude":26}}""" },
        { "longitude off the earth", "payload.location.longitude", """{"type":"location","location":{"latitude":44,"longitude":-180.5}}""" },
        { "latitude beyond all numbers", "payload.location.latitude", """{"type":"location","location":{"latitude":1e999,"longitude":26}}""" },
        { "latitude in words", "payload.location.latitude", """{"type":"location","location":{"latitude":"north","longitude":26}}""" },

        { "no contacts", "payload.contacts", """{"type":"contacts","contacts":[]}""" },
        { "six contacts", "payload.contacts", SixContacts() },
        { "a contact without a name", "payload.contacts[0].name", """{"type":"contacts","contacts":[{"phones":[]}]}""" },
        { "a contact without its whole name", "payload.contacts[0].name.formatted_name", """{"type":"contacts","contacts":[{"name":{"first_name":"A"}}]}""" },
        { "a birthday that is no day", "payload.contacts[0].birthday", """{"type":"contacts","contacts":[{"name":{"formatted_name":"A"},"birthday":"1990-02-30"}]}""" },
        { "a phone without a number", "payload.contacts[0].phones[0].phone", """{"type":"contacts","contacts":[{"name":{"formatted_name":"A"},"phones":[{"type":"WORK"}]}]}""" },

        { "a reaction to nothing", "payload.reaction.message_id", """{"type":"reaction","reaction":{"emoji":"👍"}}""" },
        { "a reaction without an emoji", "payload.reaction.emoji", $$"""{"type":"reaction","reaction":{"message_id":"{{Payloads.Wamid}}"} }""" },
        { "a reaction in words", "payload.reaction.emoji", $$"""{"type":"reaction","reaction":{"message_id":"{{Payloads.Wamid}}","emoji":"ok"} }""" },
        { "two emoji", "payload.reaction.emoji", $$"""{"type":"reaction","reaction":{"message_id":"{{Payloads.Wamid}}","emoji":"👍👍"} }""" },
        { "a reaction that replies", "payload.context", $$"""{"type":"reaction","reaction":{"message_id":"{{Payloads.Wamid}}","emoji":"👍"},"context":{"message_id":"{{Payloads.Wamid}}"} }""" },
        { "a reply to nothing", "payload.context.message_id", """{"type":"text","text":{"body":"x"},"context":{}}""" },
        { "a reply to an empty id", "payload.context.message_id", """{"type":"text","text":{"body":"x"},"context":{"message_id":""}}""" },

        { "an interactive message of an unknown kind", "payload.interactive.type", Interactive("wheel", "{}") },
        { "no body", "payload.interactive.body", """{"type":"interactive","interactive":{"type":"button","action":{"buttons":[]}}}""" },
        { "no buttons", "payload.interactive.action.buttons", Interactive("button", """{"buttons":[]}""") },
        { "four buttons", "payload.interactive.action.buttons", Buttons("a", "b", "c", "d") },
        { "buttons that look alike", "payload.interactive.action.buttons", Buttons("Yes", "Yes") },
        { "a button's title too long", "payload.interactive.action.buttons[1].reply.title", Buttons("a", X(21)) },
        { "a button's id too long", "payload.interactive.action.buttons[0].reply.id", Interactive("button", $$"""{"buttons":[{"type":"reply","reply":{"id":"{{X(257)}}","title":"a"} }]}""") },
        { "a button's body too long", "payload.interactive.body.text", Interactive("button", """{"buttons":[]}""", body: X(1025)) },
        { "a footer too long", "payload.interactive.footer.text", Interactive("button", """{"buttons":[{"type":"reply","reply":{"id":"1","title":"a"}}]}""", $$""","footer":{"text":"{{X(61)}}"}""") },
        { "a header too long", "payload.interactive.header.text", Interactive("button", """{"buttons":[{"type":"reply","reply":{"id":"1","title":"a"}}]}""", $$""","header":{"type":"text","text":"{{X(61)}}"}""") },
        { "a header that is a song", "payload.interactive.header.type", Interactive("button", """{"buttons":[{"type":"reply","reply":{"id":"1","title":"a"}}]}""", ""","header":{"type":"audio","audio":{"id":"1"}}""") },
        { "a list of eleven rows", "payload.interactive.action.sections", List(11) },
        { "a list with a picture", "payload.interactive.header.type", Interactive("list", """{"button":"Open","sections":[{"rows":[{"id":"1","title":"a"}]}]}""", ""","header":{"type":"image","image":{"id":"1"}}""") },
        { "a list's button too long", "payload.interactive.action.button", Interactive("list", $$"""{"button":"{{X(21)}}","sections":[{"rows":[{"id":"1","title":"a"}]}]}""") },
        { "a row's title too long", "payload.interactive.action.sections[0].rows[0].title", Interactive("list", $$"""{"button":"Open","sections":[{"rows":[{"id":"1","title":"{{X(25)}}"}]}]}""") },
        { "a row's description too long", "payload.interactive.action.sections[0].rows[0].description", Interactive("list", $$"""{"button":"Open","sections":[{"rows":[{"id":"1","title":"a","description":"{{X(73)}}"}]}]}""") },
        { "two rows with one id", "payload.interactive.action.sections", Interactive("list", """{"button":"Open","sections":[{"rows":[{"id":"1","title":"a"},{"id":"1","title":"b"}]}]}""") },
        { "sections without titles", "payload.interactive.action.sections", Interactive("list", """{"button":"Open","sections":[{"rows":[{"id":"1","title":"a"}]},{"rows":[{"id":"2","title":"b"}]}]}""") },
        { "a list's body too long", "payload.interactive.body.text", Interactive("list", "{}", body: X(4097)) },
        { "a link button without a link", "payload.interactive.action.parameters.url", Interactive("cta_url", """{"name":"cta_url","parameters":{"display_text":"Open"}}""") },
        { "a location request with another name", "payload.interactive.action.name", Interactive("location_request_message", """{"name":"send_money"}""") },
        { "a flow by id and by name", "payload.interactive.action.parameters", Flow(""" "flow_id":"1","flow_name":"a" """) },
        { "a flow by nothing", "payload.interactive.action.parameters", Flow(""" "mode":"draft" """) },
        { "a flow's button too long", "payload.interactive.action.parameters.flow_cta", Flow(""" "flow_id":"1" """, cta: X(31)) },
        { "a flow in an unknown mode", "payload.interactive.action.parameters.mode", Flow(""" "flow_id":"1","mode":"live" """) },
        { "a flow with an unknown action", "payload.interactive.action.parameters.flow_action", Flow(""" "flow_id":"1","flow_action":"jump" """) },
        { "a flow's data with a list in a list", "payload.interactive.action.parameters.flow_action_payload.data", Flow(""" "flow_id":"1","flow_action_payload":{"screen":"A","data":{"a":[[1]]}} """) },
        { "a flow's data with a reserved name", "payload.interactive.action.parameters.flow_action_payload.data", Flow(""" "flow_id":"1","flow_action_payload":{"screen":"A","data":{"__a__":1}} """) },
        { "a flow's data without end", "payload.interactive.action.parameters.flow_action_payload.data", Flow($$""" "flow_id":"1","flow_action_payload":{"screen":"A","data":{"a":"{{X(20_000)}}"} } """) },

        { "a template without a name", "payload.template.name", """{"type":"template","template":{"language":{"code":"ro"}}}""" },
        { "a template with a title for a name", "payload.template.name", """{"type":"template","template":{"name":"Order Ready","language":{"code":"ro"}}}""" },
        { "a template without a language", "payload.template.language", """{"type":"template","template":{"name":"a"}}""" },
        { "a component of an unknown kind", "payload.template.components[0].type", Template("""{"type":"tail"}""") },
        { "two bodies", "payload.template.components", Template("""{"type":"body"},{"type":"body"}""") },
        { "a parameter without content", "payload.template.components[0].parameters[0].text", Template("""{"type":"body","parameters":[{"type":"text"}]}""") },
        { "a picture in the body", "payload.template.components[0].parameters[0].type", Template("""{"type":"body","parameters":[{"type":"image","image":{"id":"1"}}]}""") },
        { "two headers in one", "payload.template.components[0].parameters", Template("""{"type":"header","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""") },
        { "a currency that is none", "payload.template.components[0].parameters[0].currency.code", Template("""{"type":"body","parameters":[{"type":"currency","currency":{"fallback_value":"1","code":"euro","amount_1000":1}}]}""") },
        { "a button without a place", "payload.template.components[0].index", Template("""{"type":"button","sub_type":"url"}""") },
        { "a button without a kind", "payload.template.components[0].sub_type", Template("""{"type":"button","index":"0"}""") },
        { "a button in eleventh place", "payload.template.components[0].index", Template("""{"type":"button","sub_type":"url","index":"10"}""") },
        { "two buttons in one place", "payload.template.components", Template("""{"type":"button","sub_type":"url","index":"0"},{"type":"button","sub_type":"url","index":0}""") },

        { "the contract's image without an address", "payload.image.url", """{"image":{}}""" },
        { "the contract's image at a file", "payload.image.url", """{"image":{"url":"file:///x"}}""" },
        { "the contract's image as text", "payload.image", """{"image":"https://example.com/a.png"}""" },
        { "the contract's two files", "payload", """{"image":{"url":"https://example.com/a"},"video":{"url":"https://example.com/a"}}""" },
        { "the contract's caption, too long", "payload.caption", $$"""{"image":{"url":"https://example.com/a"},"caption":"{{X(1025)}}"}""" },
        { "the contract's song with a caption", "payload.caption", """{"audio":{"url":"https://example.com/a"},"caption":"x"}""" },
        { "the contract's image of another type", "payload.mimetype", """{"image":{"url":"https://example.com/a"},"mimetype":"image/gif"}""" },
        { "the contract's unknown field", "payload.ptt", """{"audio":{"url":"https://example.com/a"},"ptt":true}""" },
    };

    private static string SixContacts() =>
        """{"type":"contacts","contacts":[""" + string.Join(',', Enumerable.Repeat("""{"name":{"formatted_name":"A"}}""", 6)) + "]}";

    private static string X(int count) => new('x', count);

    private static string Interactive(string type, string action, string more = "", string body = "Choose") =>
        $$"""{"type":"interactive","interactive":{"type":"{{type}}","body":{"text":"{{body}}"},"action":{{action}}{{more}} } }""";

    private static string Buttons(params string[] titles)
    {
        var buttons = titles.Select((title, i) => $$"""{ "type": "reply", "reply": { "id": "{{i}}", "title": "{{title}}" } }""");
        return Interactive("button", $$"""{ "buttons": [ {{string.Join(',', buttons)}} ] }""");
    }

    // Two sections, because the limit of ten rows is one over all of them.
    private static string List(int rows)
    {
        var all = Enumerable.Range(0, rows).Select(i => $$"""{"id":"{{i}}","title":"Row {{i}}"}""").ToArray();
        return Interactive("list", $$"""{"button":"Menu","sections":[{"title":"A","rows":[{{all[0]}}]},{"title":"B","rows":[{{string.Join(',', all[1..])}}]}]}""");
    }

    private static string Flow(string parameters, string cta = "Book") =>
        Interactive("flow", $$"""{"name":"flow","parameters":{"flow_message_version":"3","flow_cta":"{{cta}}",{{parameters}} } }""");

    private static string Template(string components) =>
        $$"""{"type":"template","template":{"name":"a","language":{"code":"ro"},"components":[{{components}}]} }""";
}
