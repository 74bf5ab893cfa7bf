namespace WaAspire.Tests.Kit;

/// <summary>
/// One message of each kind, as a client may ask for it, and what must arrive at Meta. <c>{image}</c>, <c>{video}</c> … stand
/// for the id of an uploaded file of that kind.
/// </summary>
public static class Payloads
{
    public const string Wamid = "wamid.HBgLNDA3MTIzNDU2NzgVAgASGBQ2NTZDRUMyMEJCMjk0RjQxQTVEQwA=";

    public static IReadOnlyList<Payload> Good { get; } =
    [
        Meta("text", "Hello [x](https://example.com)", """{"type":"text","text":{"body":"Hello [x](https://example.com)","preview_url":true}}"""),
        Meta("image by link", "[Image]", """{"type":"image","image":{"link":"http://example.com/a.png"}}"""),
        Meta("image by id", "Look", """{"type":"image","image":{"id":"{image}","caption":"Look"}}"""),
        Meta("video by link", "[Video]", """{"type":"video","video":{"link":"https://example.com/a.mp4"}}"""),
        Meta("video by id", "See", """{"type":"video","video":{"id":"{video}","caption":"See"}}"""),
        Meta("audio by link", "[Audio]", """{"type":"audio","audio":{"link":"https://example.com/a.mp3"}}"""),
        Meta("voice by id", "[Audio]", """{"type":"audio","audio":{"id":"{audio}","voice":true}}"""),
        Meta("document by link", "[Document]", """{"type":"document","document":{"link":"https://example.com/a.pdf","filename":"Contract.pdf"}}"""),
        Meta("document by id", "Sign here", """{"type":"document","document":{"id":"{document}","filename":"Contract.pdf","caption":"Sign here"}}"""),
        Meta("sticker by link", "[Sticker]", """{"type":"sticker","sticker":{"link":"https://example.com/a.webp"}}"""),
        Meta("sticker by id", "[Sticker]", """{"type":"sticker","sticker":{"id":"{sticker}"}}"""),
        Meta("location", "[Location]", """{"type":"location","location":{"latitude":44.4355,"longitude":"26.1025","name":"Hall","address":"Street 1"}}"""),
        Meta("contacts", "[Contact]", """{"type":"contacts","contacts":[{"name":{"formatted_name":"Ana Pop","first_name":"Ana"},"phones":[{"phone":"+40712345678","type":"WORK","wa_id":"40712345678"}],"emails":[{"email":"ana@example.com"}],"addresses":[{"city":"Cluj"}],"org":{"company":"A"},"urls":[{"url":"https://example.com"}],"birthday":"1990-02-28"}]}"""),
        Meta("reaction", "[Reaction]", $$"""{"type":"reaction","reaction":{"message_id":"{{Wamid}}","emoji":"👍🏽"} }"""),
        Meta("reaction taken back", "[Reaction]", $$"""{"type":"reaction","reaction":{"message_id":"{{Wamid}}","emoji":""} }"""),
        Meta("reply", "Yes", $$"""{"type":"text","text":{"body":"Yes"},"context":{"message_id":"{{Wamid}}"} }"""),
        Meta("reply with an image", "[Image]", $$"""{"type":"image","image":{"id":"{image}"},"context":{"message_id":"{{Wamid}}"} }"""),
        Meta("buttons", "Coming?", """{"type":"interactive","interactive":{"type":"button","header":{"type":"image","image":{"id":"{image}"}},"body":{"text":"Coming?"},"footer":{"text":"Thanks"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Yes"}},{"type":"reply","reply":{"id":"2","title":"No"}}]}}}"""),
        Meta("list", "Choose", """{"type":"interactive","interactive":{"type":"list","header":{"type":"text","text":"Menu"},"body":{"text":"Choose"},"action":{"button":"Open","sections":[{"title":"A","rows":[{"id":"a","title":"One","description":"First"}]},{"title":"B","rows":[{"id":"b","title":"Two"}]}]}}}"""),
        Meta("link button", "Read", """{"type":"interactive","interactive":{"type":"cta_url","body":{"text":"Read"},"action":{"name":"cta_url","parameters":{"display_text":"Open","url":"https://example.com/?a=1"}}}}"""),
        Meta("location request", "Where?", """{"type":"interactive","interactive":{"type":"location_request_message","body":{"text":"Where?"},"action":{"name":"send_location"}}}"""),
        Meta("flow", "Book", """{"type":"interactive","interactive":{"type":"flow","body":{"text":"Book"},"action":{"name":"flow","parameters":{"flow_message_version":"3","flow_id":"1","flow_cta":"Book now","flow_action":"navigate","flow_action_payload":{"screen":"DATE","data":{"guests":4,"days":["mon","tue"],"vip":true,"price":1.5}}}}}}"""),
        Meta("template", "[Message]", """{"type":"template","template":{"name":"order_ready","language":{"code":"ro"},"components":[{"type":"header","parameters":[{"type":"document","document":{"id":"{document}","filename":"a.pdf"}}]},{"type":"body","parameters":[{"type":"text","parameter_name":"who","text":"Ana"},{"type":"currency","currency":{"fallback_value":"$1","code":"USD","amount_1000":1000}},{"type":"date_time","date_time":{"fallback_value":"May 1"}}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes"}]},{"type":"button","sub_type":"url","index":1,"parameters":[{"type":"text","text":"x"}]}]}}"""),
        new("contract image", "Hi", """{"image":{"url":"https://example.com/a.png"},"mimetype":"image/png","fileName":"a.png","caption":"Hi"}""", """{"type":"image","image":{"link":"https://example.com/a.png","caption":"Hi"}}"""),
        new("contract video", "[Video]", """{"video":{"url":"https://example.com/a.mp4"},"mimetype":null}""", """{"type":"video","video":{"link":"https://example.com/a.mp4"}}"""),
        new("contract audio", "[Audio]", """{"audio":{"url":"https://example.com/a.ogg"},"mimetype":"audio/ogg; codecs=opus"}""", """{"type":"audio","audio":{"link":"https://example.com/a.ogg"}}"""),
        new("contract document", "[Document]", """{"document":{"url":"https://example.com/a.zip"},"mimetype":"application/zip","filename":"a.zip"}""", """{"type":"document","document":{"link":"https://example.com/a.zip","filename":"a.zip"}}"""),
        new("a recipient type", "Hi", """{"type":"text","text":{"body":"Hi"},"recipient_type":"individual"}""", """{"type":"text","text":{"body":"Hi"}}"""),
    ];

    private static Payload Meta(string name, string body, string json) => new(name, body, json, json);
}

/// <param name="Name">For people.</param>
/// <param name="Body">What the thread shows.</param>
/// <param name="Json">As a client sends it.</param>
/// <param name="Message">As it must leave, without the envelope.</param>
public sealed record Payload(string Name, string Body, string Json, string Message)
{
    public override string ToString() => Name;
}
