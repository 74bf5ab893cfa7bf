using System.Text;

namespace WaAspire.Messaging.Firestore;

/// <summary>What Firestore takes as one segment of a path.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields</remarks>
public static class DocumentId
{
    private const int BytesMax = 1500;

    /// <summary>Somebody else's id as one segment of a path: only what cannot stand there is percent-encoded, and the percent itself.</summary>
    public static string Escape(string opaqueId) =>
        opaqueId.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    /// <summary>Also without control characters, which Firestore would take and no log or URL should carry.</summary>
    public static bool IsLawful(string? id) =>
        id is { Length: > 0 } and not "." and not ".."
        && !id.Contains('/', StringComparison.Ordinal)
        && !id.Any(char.IsControl)
        && !(id.Length >= 4 && id.StartsWith("__", StringComparison.Ordinal) && id.EndsWith("__", StringComparison.Ordinal))
        && Encoding.UTF8.GetByteCount(id) <= BytesMax;
}
