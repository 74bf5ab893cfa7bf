using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Language;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Proof;

/// <summary>
/// Where a request goes: to one document, or to all that a query may return. A pattern matches only if it matches every
/// one of them.
/// </summary>
/// <param name="Segments">A string each, or open.</param>
/// <param name="DeepAt">Before this segment there may be any number of further ones; null when there are none.</param>
internal sealed record RequestedPath(IReadOnlyList<RuleValue> Segments, int? DeepAt = null)
{
    private static readonly RuleString[] Root = [new("databases"), new(DatabaseName.Default), new("documents")];

    private static readonly Unknown AnyId = new(false, new Bounds(new HashSet<string> { "string" }));

    public RuleValue Value => ValueOf(Segments, DeepAt is not null);

    public RuleValue Id => Segments[^1];

    public static RequestedPath Of(DocumentPath path) => new([.. Root, .. Strings(path.Collection), new RuleString(path.Id)]);

    public static RequestedPath Of(QuerySource source, QueryFacts facts)
    {
        if (facts.Id is { } pinned)
            return new([.. Root, .. Strings(pinned)]);
        RuleValue[] above = [.. Root, .. Strings(source.Parent)];
        RuleValue collection = source.CollectionId is { } id ? new RuleString(id) : AnyId;
        return new([.. above, collection, AnyId], source.AllDescendants ? above.Length : null);
    }

    /// <summary>The value of each segment's wildcard, or null when the pattern does not match all that is asked for.</summary>
    public RuleValue[]? Match(IReadOnlyList<PatternSegment> pattern, int version)
    {
        var deep = -1;
        for (var index = 0; index < pattern.Count && deep < 0; index++)
            deep = pattern[index].Kind == SegmentKind.Recursive ? index : -1;
        var behind = deep < 0 ? 0 : pattern.Count - deep - 1;
        var swallowed = Segments.Count - (deep < 0 ? pattern.Count : deep + behind);
        // Version 1 takes one segment or more, version 2 none or more.
        var fits = deep < 0 ? swallowed == 0 && DeepAt is null : swallowed >= (version == 1 ? 1 : 0);
        if (!fits || (DeepAt is { } at && (at < deep || at > Segments.Count - behind)))
            return null;

        var values = new RuleValue[pattern.Count];
        for (var index = 0; index < pattern.Count; index++)
        {
            var inside = deep < 0 || index < deep ? index : index + swallowed - 1;
            if (index == deep)
                values[index] = ValueOf([.. Segments.Skip(deep).Take(swallowed)], DeepAt is not null);
            else if (pattern[index].Kind == SegmentKind.Single || (Segments[inside] is RuleString known && known.Content == pattern[index].Text))
                values[index] = Segments[inside];
            else
                return null;
        }

        return values;
    }

    private static RuleValue ValueOf(IReadOnlyList<RuleValue> segments, bool deep) => !deep && segments.All(segment => segment is RuleString)
        ? new RulePath([.. segments.Select(segment => ((RuleString)segment).Content)])
        : Unknown.Content;

    private static IEnumerable<RuleString> Strings(string path) =>
        path.Length == 0 ? [] : path.Split('/').Select(segment => new RuleString(segment));
}
