namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>What several kinds of message have in common. It leans on no other rules, so that none waits for another to come about.</summary>
internal static class CommonShapes
{
    private const int TextMax = 4096;
    private const int CaptionMax = 1024;
    private const int FileNameMax = 240;
    private const int IdMax = 512;
    private const int LabelMax = 1000;

    public static readonly Shape Link = new LinkShape();
    public static readonly Shape Text = new TextShape(TextMax);
    public static readonly Shape Caption = new TextShape(CaptionMax, Min: 0);
    public static readonly Shape FileName = new TextShape(FileNameMax);
    public static readonly Field Type = new("type", new TextShape(64));

    /// <summary>A provider's id is opaque, but it has no blanks in it.</summary>
    public static readonly Shape Id = new TextShape(IdMax) { Also = (id => !id.Any(char.IsWhiteSpace), "is not an id") };

    public static readonly ObjectShape Location = new(
        new Field("latitude", new NumberShape(-90, 90)),
        new("longitude", new NumberShape(-180, 180)),
        new("name", new TextShape(LabelMax, Min: 0), false),
        new("address", new TextShape(LabelMax, Min: 0), false));

    /// <summary>A file by its uploaded id or by a link, and what else its kind may carry.</summary>
    public static ObjectShape Media(params Field[] more) =>
        new([new("id", Id, false), new("link", Link, false), .. more]) { ExactlyOne = ["id", "link"] };
}
