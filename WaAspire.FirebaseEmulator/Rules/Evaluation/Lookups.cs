using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// The documents that the conditions of one request read: <c>get</c> and <c>exists</c> before the commit, their
/// <c>After</c> forms behind all its writes. Each document counts once however often it is read.
/// </summary>
/// <param name="limit">For the request: 10 for one document or a query, 20 for several documents; one operation has 10.</param>
internal sealed class Lookups(Func<DocumentPath, Document?> before, Func<DocumentPath, Document?> after, int limit)
{
    public const int Single = 10;
    public const int Multiple = 20;
    private readonly Dictionary<(DocumentPath Path, bool After), RuleValue> _read = [];
    private int _inOperation;

    public void BeginOperation() => _inOperation = 0;

    public RuleValue Run(string function, RuleValue path, Budget budget)
    {
        if (path is not RulePath place)
            return new Failure($"{function}() of a {path.Kind}");
        var segments = place.Segments.Skip(3).ToList();
        if (place.Segments is not ["databases", DatabaseName.Default, "documents", ..] || !IsDocument(segments))
            return new Failure($"{function}() of what is no document's path");
        var document = Read(new(string.Join('/', segments.SkipLast(1)), segments[^1]), function.EndsWith("After", StringComparison.Ordinal), budget);
        return function.StartsWith("exists", StringComparison.Ordinal) ? RuleBool.Of(document is not RuleNull) : document;
    }

    private RuleValue Read(DocumentPath path, bool isAfter, Budget budget)
    {
        if (_read.TryGetValue((path, isAfter), out var known))
            return known;
        if (_read.Count >= limit || _inOperation >= Single)
        {
            budget.Exceed("too many documents read");
            return new Failure("too many documents read");
        }

        _inOperation++;
        return _read[(path, isAfter)] = StoredValues.Of((isAfter ? after : before)(path));
    }

    private static bool IsDocument(List<string> segments) =>
        segments.Count > 0 && segments.Count % 2 == 0 && segments.All(segment => segment.Length > 0 && !segment.Contains('/', StringComparison.Ordinal));
}
