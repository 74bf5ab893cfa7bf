using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>A parsed rules file.</summary>
/// <param name="Version">1 or 2; it decides what a recursive wildcard matches.</param>
/// <param name="Root">Holds the functions of the file and of its services, and their match blocks.</param>
internal sealed record RulesFile(string Name, int Version, MatchBlock Root);

/// <param name="Path">Relative to the block around it.</param>
internal sealed record MatchBlock(Position At, IReadOnlyList<PatternSegment> Path)
{
    public List<MatchBlock> Blocks { get; } = [];

    public List<Allow> Allows { get; } = [];

    public Dictionary<string, Function> Functions { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Wildcards => Path.Where(segment => segment.Kind != SegmentKind.Literal).Select(segment => segment.Text);
}

internal enum SegmentKind
{
    Literal,
    Single,
    Recursive,
}

/// <param name="Text">The literal, or the wildcard's name.</param>
internal sealed record PatternSegment(SegmentKind Kind, string Text);

/// <param name="Condition">Null allows always.</param>
internal sealed record Allow(Position At, IReadOnlySet<string> Methods, Expression? Condition);

internal sealed record Function(Position At, string Name, IReadOnlyList<string> Parameters, IReadOnlyList<Let> Lets, Expression Result);

internal sealed record Let(Position At, string Name, Expression Value);

/// <param name="Depth">Of the tree below; bounded, because whoever walks it calls itself.</param>
internal abstract record Expression(Position At, int Depth);

internal sealed record Literal(Position At, RuleValue Value) : Expression(At, 1);

internal sealed record Name(Position At, string Text) : Expression(At, 1);

internal sealed record ListLiteral(Position At, int Depth, IReadOnlyList<Expression> Items) : Expression(At, Depth);

internal sealed record MapLiteral(Position At, int Depth, IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression(At, Depth);

/// <param name="Parts">Each a literal segment, or an expression in <c>$( )</c>.</param>
internal sealed record PathLiteral(Position At, int Depth, IReadOnlyList<Expression> Parts) : Expression(At, Depth);

internal sealed record Member(Position At, int Depth, Expression Target, string Text) : Expression(At, Depth);

internal sealed record ElementAt(Position At, int Depth, Expression Target, Expression Key) : Expression(At, Depth);

internal sealed record Slice(Position At, int Depth, Expression Target, Expression From, Expression To) : Expression(At, Depth);

/// <param name="Target">Null for a function; the receiver of a method, or the name of a namespace.</param>
internal sealed record Call(Position At, int Depth, Expression? Target, string Text, IReadOnlyList<Expression> Arguments) : Expression(At, Depth);

internal sealed record Unary(Position At, int Depth, string Operator, Expression Operand) : Expression(At, Depth);

internal sealed record Binary(Position At, int Depth, string Operator, Expression Left, Expression Right) : Expression(At, Depth);

internal sealed record TypeTest(Position At, int Depth, Expression Operand, string Type) : Expression(At, Depth);

internal sealed record Conditional(Position At, int Depth, Expression Test, Expression Then, Expression Else) : Expression(At, Depth);
