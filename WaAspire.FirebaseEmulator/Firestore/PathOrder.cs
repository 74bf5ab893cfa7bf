using System.Globalization;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The two orders of names: strings by their UTF-8 bytes (not by UTF-16 units, which differ above the basic plane),
/// and paths segment by segment, where the numeric ids <c>__id123__</c> sort by number and before all others.
/// </summary>
internal static class PathOrder
{
    public static readonly IComparer<string> ById = Comparer<string>.Create((left, right) => CompareIds(left, right));

    public static int CompareUtf8(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var common = left.CommonPrefixLength(right);
        return common == left.Length || common == right.Length
            ? left.Length.CompareTo(right.Length)
            : Weight(left[common]).CompareTo(Weight(right[common]));
    }

    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var order = CompareIds(Take(ref left), Take(ref right));
            if (order != 0)
                return order;
        }

        return left.Length.CompareTo(right.Length);
    }

    public static int CompareIds(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => (Number(left), Number(right)) switch
    {
        (long mine, long theirs) => mine.CompareTo(theirs),
        (long, null) => -1,
        (null, long) => 1,
        _ => CompareUtf8(left, right),
    };

    public static long? Number(ReadOnlySpan<char> id) =>
        id.Length > 6 && id.StartsWith("__id") && id.EndsWith("__")
            && long.TryParse(id[4..^2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Surrogates stand for code points above U+FFFF, so they must weigh more than U+E000..U+FFFF.</summary>
    private static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x2800 : unit;

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> path)
    {
        var slash = path.IndexOf('/');
        var segment = slash < 0 ? path : path[..slash];
        path = slash < 0 ? [] : path[(slash + 1)..];
        return segment;
    }
}
