using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Rules.Values;

/// <summary>
/// What an expression of the rules comes to. Two kinds are no content but knowledge: <see cref="Failure"/> (the
/// expression is in error) and <see cref="Unknown"/> (a query leaves it open). Neither ever lies inside a list, set or map.
/// </summary>
internal abstract record RuleValue
{
    /// <summary>The word that <c>is</c> knows it by.</summary>
    public abstract string Kind { get; }
}

internal sealed record RuleNull : RuleValue
{
    public static readonly RuleNull Instance = new();

    public override string Kind => "null";
}

internal sealed record RuleBool(bool Content) : RuleValue
{
    public static readonly RuleBool True = new(true);
    public static readonly RuleBool False = new(false);

    public override string Kind => "bool";

    public static RuleBool Of(bool content) => content ? True : False;
}

internal sealed record RuleInt(long Content) : RuleValue
{
    public override string Kind => "int";
}

internal sealed record RuleFloat(double Content) : RuleValue
{
    public override string Kind => "float";
}

internal sealed record RuleString(string Content) : RuleValue
{
    public override string Kind => "string";
}

internal sealed record RuleBytes(byte[] Content) : RuleValue
{
    public override string Kind => "bytes";
}

/// <param name="Nanos">Since 1970.</param>
internal sealed record RuleTimestamp(Int128 Nanos) : RuleValue
{
    public const long PerMicrosecond = 1000;

    public override string Kind => "timestamp";

    public static RuleTimestamp FromMicros(long micros) => new((Int128)micros * PerMicrosecond);
}

internal sealed record RuleDuration(Int128 Nanos) : RuleValue
{
    public override string Kind => "duration";
}

internal sealed record RuleLatLng(double Latitude, double Longitude) : RuleValue
{
    public override string Kind => "latlng";
}

/// <summary>A place: <c>/databases/(default)/documents/…</c>; document references are such paths.</summary>
internal sealed record RulePath(IReadOnlyList<string> Segments) : RuleValue
{
    public override string Kind => "path";

    public static RulePath Of(DocumentPath path) =>
        new(["databases", DatabaseName.Default, "documents", .. path.Collection.Split('/'), path.Id]);
}

internal sealed record RuleList(IReadOnlyList<RuleValue> Items) : RuleValue
{
    public override string Kind => "list";
}

/// <param name="Items">Without duplicates.</param>
internal sealed record RuleSet(IReadOnlyList<RuleValue> Items) : RuleValue
{
    public override string Kind => "set";
}

internal sealed record RuleMap(IReadOnlyDictionary<string, RuleValue> Fields) : RuleValue
{
    public override string Kind => "map";
}

internal sealed record RuleMapDiff(RuleMap Left, RuleMap Right) : RuleValue
{
    public override string Kind => "map_diff";
}

/// <summary>A map whose members are found on demand: the request, or a document of which a query tells only a part.</summary>
internal abstract record RuleObject : RuleValue
{
    public override string Kind => "map";

    public abstract RuleValue Member(string name);

    /// <summary>Whether it surely has the member; null when that is not known.</summary>
    public abstract bool? Has(string name);
}

/// <summary>The expression is in error. An error is not an exception: <c>||</c> and <c>&amp;&amp;</c> may absorb it.</summary>
internal sealed record Failure(string Reason) : RuleValue
{
    public override string Kind => "error";
}

/// <summary>It may be anything that <paramref name="Bounds"/> admit, and in error as well if it <paramref name="MayFail"/>.</summary>
internal sealed record Unknown(bool MayFail, Bounds? Bounds = null) : RuleValue
{
    public static readonly Unknown OrError = new(true);
    public static readonly Unknown Content = new(false);

    public override string Kind => "unknown";

    public static Unknown Of(bool mayFail) => mayFail ? OrError : Content;
}
