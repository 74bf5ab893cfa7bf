using System.Globalization;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Kit;

/// <summary>Documents as a failing test shows them: what was waited for never came, and this is what there was instead.</summary>
internal static class Shown
{
    private const int TextMax = 80;

    public static async Task<string> DocumentsAsync(IFirestore firestore, params string[] paths) =>
        string.Concat((await firestore.GetAsync(paths, "test", CancellationToken.None)).Documents.Select(document => $"\n{document.Path} {Text(document.Fields)}"));

    public static async Task<string> AllAsync(IFirestore firestore, string collection, int limit = 20) =>
        string.Concat((await firestore.QueryAsync(new DocumentQuery(collection) { Limit = limit }, "test", CancellationToken.None)).Documents.Select(document => $"\n{document.Path} {Text(document.Fields)}"));

    public static string Text(DocumentFields fields) =>
        "{" + string.Join(", ", fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}: {Text(field.Value)}")) + "}";

    private static string Text(FirestoreValue value) => value.Content switch
    {
        null => "null",
        string text => text.Length > TextMax ? text[..TextMax] + "…" : text,
        DateTimeOffset at => at.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
        DocumentFields map => Text(map),
        IReadOnlyList<FirestoreValue> list => "[" + string.Join(", ", list.Select(Text)) + "]",
        var plain => Convert.ToString(plain, CultureInfo.InvariantCulture)!,
    };
}
