namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>Request bodies, good and bad, each with its name. Bad ones differ from a good one in one thing.</summary>
public static class Bodies
{
    private const string Wamid = "wamid.HBgLNDA3MTIzNDU2NzgVAgASGBQ2NTZDRUMyMEJCMjk0RjQxQTVEQwA=";

    public static string Template => Of("template",
        """
        {"name":"order_ready","language":{"code":"ro"},"components":[
          {"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]},
          {"type":"body","parameters":[{"type":"text","parameter_name":"who","text":"Ana"},
            {"type":"currency","currency":{"fallback_value":"$1","code":"USD","amount_1000":1000}}]},
          {"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes"}]}]}
        """);

    public static TheoryData<string, string> Good => new()
    {
        { "text", Of("text", """{"body":"hi","preview_url":true}""") },
        { "text without a type", """{"messaging_product":"whatsapp","to":"+40712345678","text":{"body":"hi"}}""" },
        { "reply", Of("text", """{"body":"hi"}""", $$""","context":{"message_id":"{{Wamid}}"}""") },
        { "image by link", Of("image", """{"link":"https://example.com/a.png","caption":"x"}""") },
                { "video", Of("video", """{"link":"https://example.com/a.mp4","caption":""}""") },
        { "voice", Of("audio", """{"link":"https://example.com/a.ogg","voice":true}""") },
        { "document", Of("document", """{"link":"https://example.com/a.pdf","filename":"a.pdf","caption":"x"}""") },
        { "sticker", Of("sticker", """{"link":"https://example.com/a.webp"}""") },
        { "location", Of("location", """{"latitude":44.43,"longitude":"26.1","name":"Hall","address":"Street 1"}""") },
        { "contacts", Of("contacts", """[{"name":{"formatted_name":"Ana","first_name":"Ana"},"phones":[{"phone":"+40712"}]}]""") },
        { "reaction", Of("reaction", $$"""{"message_id":"{{Wamid}}","emoji":"👍"}""") },
        { "reaction removed", Of("reaction", $$"""{"message_id":"{{Wamid}}","emoji":""}""") },
        { "template", Template },
        { "template without components", Of("template", """{"name":"hello_world","language":{"code":"en_US"}}""") },
        { "buttons", Buttons("Yes", "No") },
        { "list", List(2) },
        { "link button", Interactive("cta_url", """{"name":"cta_url","parameters":{"display_text":"Open","url":"https://example.com"}}""") },
        { "location request", Interactive("location_request_message", """{"name":"send_location"}""") },
        { "flow", Interactive("flow", """{"name":"flow","parameters":{"flow_message_version":"3","flow_id":"1","flow_cta":"Book"}}""") },
    };

    public static TheoryData<string, int, string> Bad => new()
    {
        { "not JSON", 100, "{" },
        { "an array", 100, "[]" },
        { "half a surrogate pair", 100, Of("text", """{"body":"\ud800"}""") },
        { "no product", 100, """{"to":"+40712345678","type":"text","text":{"body":"hi"}}""" },
        { "wrong product", 100, """{"messaging_product":"sms","to":"+40712345678","type":"text","text":{"body":"hi"}}""" },
        { "no recipient", 131008, """{"messaging_product":"whatsapp","type":"text","text":{"body":"hi"}}""" },
        { "recipient in letters", 131009, """{"messaging_product":"whatsapp","to":"ana","type":"text","text":{"body":"hi"}}""" },
        { "recipient is a JID", 131009, """{"messaging_product":"whatsapp","to":"40712345678@s.whatsapp.net","text":{"body":"hi"}}""" },
        { "recipient too short", 131009, """{"messaging_product":"whatsapp","to":"+4071","type":"text","text":{"body":"hi"}}""" },
        { "recipient a number", 131009, """{"messaging_product":"whatsapp","to":40712345678,"type":"text","text":{"body":"hi"}}""" },
        { "unknown type", 100, Of("carrier_pigeon", "{}") },
        { "type of another kind", 100, """{"messaging_product":"whatsapp","to":"+40712345678","type":5,"text":{"body":"hi"}}""" },
        { "no content", 131008, """{"messaging_product":"whatsapp","to":"+40712345678","type":"image"}""" },
        { "misspelled envelope", 100, Of("text", """{"body":"hi"}""", ""","biz_opaque_calback_data":"x" """) },
        { "misspelled field", 100, Of("text", """{"body":"hi","previewUrl":true}""") },
        { "empty text", 131008, Of("text", """{"body":"  "}""") },
        { "text without body", 131008, Of("text", "{}") },
        { "text of another kind", 131009, Of("text", """{"body":5}""") },
        { "flag of another kind", 131009, Of("text", """{"body":"hi","preview_url":"yes"}""") },
        { "opaque too long", 100, Of("text", """{"body":"hi"}""", $$""","biz_opaque_callback_data":"{{new string('x', 513)}}" """) },
        { "reply to nonsense", 131009, Of("text", """{"body":"hi"}""", ""","context":{"message_id":"abc"}""") },
        { "group", 131009, Of("text", """{"body":"hi"}""", ""","recipient_type":"group" """) },
        { "image without source", 131008, Of("image", """{"caption":"x"}""") },
        { "image with two sources", 131009, Of("image", """{"id":"1","link":"https://example.com/a.png"}""") },
        { "image from a file", 131009, Of("image", """{"link":"file:///etc/passwd"}""") },
        { "caption too long", 100, Of("image", $$"""{"id":"1","caption":"{{new string('x', 1025)}}"}""") },
        { "audio with a caption", 100, Of("audio", """{"id":"1","caption":"x"}""") },
        { "no longitude", 131008, Of("location", """{"latitude":44.43}""") },
        { "latitude off the earth", 131009, Of("location", """{"latitude":91,"longitude":26.1}""") },
        { "no contacts", 131009, Of("contacts", "[]") },
        { "contact without a name", 131008, Of("contacts", """[{"phones":[]}]""") },
        { "reaction to nothing", 131008, Of("reaction", """{"emoji":"👍"}""") },
        { "template without a name", 131008, Of("template", """{"language":{"code":"ro"}}""") },
        { "template without a language", 131008, Of("template", """{"name":"a"}""") },
        { "template component of unknown type", 131009, Of("template", """{"name":"a","language":{"code":"ro"},"components":[{"type":"tail"}]}""") },
        { "template parameter without content", 131008, Of("template", """{"name":"a","language":{"code":"ro"},"components":[{"type":"body","parameters":[{"type":"text"}]}]}""") },
        { "template button without an index", 131008, Of("template", """{"name":"a","language":{"code":"ro"},"components":[{"type":"button","sub_type":"url"}]}""") },
        { "interactive of unknown type", 131009, Interactive("wheel", "{}") },
        { "no buttons", 131009, Interactive("button", """{"buttons":[]}""") },
        { "four buttons", 131009, Buttons("a", "b", "c", "d") },
        { "buttons that look alike", 131009, Buttons("Yes", "Yes") },
        { "button title too long", 100, Buttons("This title has more than twenty characters") },
        { "list of eleven rows", 131009, List(11) },
        { "image by an unknown id", 131009, Of("image", """{"id":"123"}""") },
        { "header by an unknown id", 131009, Interactive("button", """{"buttons":[{"type":"reply","reply":{"id":"1","title":"Yes"}}]},"header":{"type":"image","image":{"id":"123"}}""") },
        { "template parameter by an unknown id", 131009, Of("template", """{"name":"a","language":{"code":"ro"},"components":[{"type":"header","parameters":[{"type":"image","image":{"id":"123"}}]}]}""") },
        { "link button without a link", 131008, Interactive("cta_url", """{"name":"cta_url","parameters":{"display_text":"Open"}}""") },
    };

    private static string Of(string type, string content, string more = "") =>
        $$"""{"messaging_product":"whatsapp","to":"+40712345678","type":"{{type}}","{{type}}":{{content}}{{more}}}""";

    private static string Interactive(string type, string action) =>
        Of("interactive", $$"""{"type":"{{type}}","body":{"text":"Choose"},"action":{{action}}}""");

    private static string Buttons(params string[] titles)
    {
        var buttons = titles.Select((title, i) => $$"""{ "type": "reply", "reply": { "id": "{{i}}", "title": "{{title}}" } }""");
        return Interactive("button", $$"""{ "buttons": [ {{string.Join(',', buttons)}} ] }""");
    }

    // Two sections, because the limit of ten rows is one over all of them.
    private static string List(int rows)
    {
        var all = Enumerable.Range(0, rows).Select(i => $$"""{"id":"{{i}}","title":"Row {{i}}"}""").ToArray();
        return Interactive("list", $$"""
            {"button":"Menu","sections":[{"title":"A","rows":[{{all[0]}}]},{"title":"B","rows":[{{string.Join(',', all[1..])}}]}]}
            """);
    }
}
