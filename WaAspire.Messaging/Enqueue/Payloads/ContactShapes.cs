using System.Globalization;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>Contact cards. https://developers.facebook.com/docs/whatsapp/cloud-api/messages/contacts-messages</summary>
internal static class ContactShapes
{
    private const int ContactsMax = 5;
    private const int PartsMax = 20;
    private const int PartLengthMax = 1000;

    private static readonly Shape _part = new TextShape(PartLengthMax, Min: 0);
    private static readonly Shape _text = new TextShape(PartLengthMax);

    private static readonly Shape _birthday = new TextShape(10)
    {
        Also = (text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), "must be a date: YYYY-MM-DD"),
    };

    public static readonly Shape Contacts = new ListShape(1, ContactsMax, new ObjectShape(
        new Field("name", new ObjectShape([new("formatted_name", _text), .. Optional("first_name", "last_name", "middle_name", "prefix", "suffix")])),
        Parts("phones", new Field("phone", _text), [.. Optional("type", "wa_id")]),
        Parts("emails", new Field("email", _text), [.. Optional("type")]),
        Parts("addresses", more: [.. Optional("street", "city", "state", "zip", "country", "country_code", "type")]),
        new("org", new ObjectShape([.. Optional("company", "department", "title")]), false),
        Parts("urls", new Field("url", _text), [.. Optional("type")]),
        new("birthday", _birthday, false)));

    private static Field Parts(string name, Field? first = null, Field[]? more = null) =>
        new(name, new ListShape(0, PartsMax, new ObjectShape([.. first is null ? Array.Empty<Field>() : [first], .. more ?? []])), false);

    private static IEnumerable<Field> Optional(params string[] names) => names.Select(name => new Field(name, _part, false));
}
