using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>Expressions, from the loosest binding (<c>? :</c>) to the tightest (member, index, call).</summary>
/// <remarks>https://firebase.google.com/docs/rules/rules-language#building_conditions</remarks>
internal sealed class ExpressionParser(Scanner scanner)
{
    private const int MaxNesting = 100;
    private const int MaxDepth = 500;

    private static readonly string[][] Levels =
        [["||"], ["&&"], ["==", "!="], ["in", "is"], ["<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]];

    private int _nesting;

    public Expression Parse()
    {
        var at = scanner.Peek.At;
        if (++_nesting > MaxNesting)
            throw scanner.Error(at, $"expressions nest at most {MaxNesting} deep");
        var test = Operators(0);
        if (scanner.Take("?"))
        {
            var then = Parse();
            scanner.Expect(":");
            var otherwise = Parse();
            test = new Conditional(at, Above(at, test, then, otherwise), test, then, otherwise);
        }

        _nesting--;
        return test;
    }

    private Expression Operators(int level)
    {
        if (level == Levels.Length)
            return Prefixed();
        var left = Operators(level + 1);
        while (scanner.Peek is { Kind: TokenKind.Symbol or TokenKind.Word } token && Levels[level].Contains(token.Text))
        {
            scanner.Next();
            if (token.Text == "is")
            {
                left = new TypeTest(token.At, Above(token.At, left), left, scanner.ExpectWord("a type"));
                continue;
            }

            var right = Operators(level + 1);
            left = new Binary(token.At, Above(token.At, left, right), token.Text, left, right);
        }

        return left;
    }

    private Expression Prefixed()
    {
        var at = scanner.Peek.At;
        if (scanner.Peek is not { Kind: TokenKind.Symbol, Text: "!" or "-" })
            return Suffixed(Primary());
        var sign = scanner.Next().Text;
        if (++_nesting > MaxNesting)
            throw scanner.Error(at, $"expressions nest at most {MaxNesting} deep");
        var operand = Prefixed();
        _nesting--;
        return new Unary(at, Above(at, operand), sign, operand);
    }

    private Expression Suffixed(Expression target)
    {
        while (true)
        {
            var at = scanner.Peek.At;
            if (scanner.Take("."))
            {
                var name = scanner.ExpectWord("a member's name");
                target = scanner.Peek is { Kind: TokenKind.Symbol, Text: "(" } ? CallOf(at, target, name) : new Member(at, Above(at, target), target, name);
            }
            else if (scanner.Take("["))
            {
                var key = Parse();
                var to = scanner.Take(":") ? Parse() : null;
                scanner.Expect("]");
                target = to is null
                    ? new ElementAt(at, Above(at, target, key), target, key)
                    : new Slice(at, Above(at, target, key, to), target, key, to);
            }
            else
            {
                return target;
            }
        }
    }

    private Expression Primary()
    {
        var token = scanner.Peek;
        switch (token)
        {
            case { Kind: TokenKind.Content }:
                return new Literal(scanner.Next().At, token.Content!);
            case { Kind: TokenKind.Word }:
                return Named(scanner.Next());
            case { Kind: TokenKind.Symbol, Text: "(" }:
                scanner.Next();
                var inner = Parse();
                scanner.Expect(")");
                return inner;
            case { Kind: TokenKind.Symbol, Text: "[" }:
                scanner.Next();
                var items = Separated("]", Parse);
                return new ListLiteral(token.At, Above(token.At, [.. items]), items);
            case { Kind: TokenKind.Symbol, Text: "{" }:
                scanner.Next();
                var entries = Separated("}", Entry);
                return new MapLiteral(token.At, Above(token.At, [.. entries.Select(entry => entry.Key), .. entries.Select(entry => entry.Value)]), entries);
            case { Kind: TokenKind.Symbol, Text: "/" }:
                return PathOf(token.At);
            default:
                throw scanner.Unexpected("an expression");
        }
    }

    private Expression Named(Token word) => word.Text switch
    {
        "true" => new Literal(word.At, RuleBool.True),
        "false" => new Literal(word.At, RuleBool.False),
        "null" => new Literal(word.At, RuleNull.Instance),
        "in" or "is" or "if" or "let" or "return" or "allow" or "match" or "function" =>
            throw scanner.Error(word.At, $"an expression expected, found '{word.Text}'"),
        _ when scanner.Peek is { Kind: TokenKind.Symbol, Text: "(" } => CallOf(word.At, null, word.Text),
        _ => new Name(word.At, word.Text),
    };

    private Call CallOf(Position at, Expression? target, string name)
    {
        scanner.Expect("(");
        var arguments = Separated(")", Parse);
        return new(at, Above(at, [.. arguments, .. target is null ? [] : new[] { target }]), target, name, arguments);
    }

    private (Expression Key, Expression Value) Entry()
    {
        var key = Parse();
        scanner.Expect(":");
        return (key, Parse());
    }

    private List<T> Separated<T>(string end, Func<T> one)
    {
        var items = new List<T>();
        while (!scanner.Take(end))
        {
            items.Add(one());
            if (!scanner.Take(","))
            {
                scanner.Expect(end);
                break;
            }
        }

        return items;
    }

    /// <summary><c>/databases/$(database)/documents/users/$(request.auth.uid)</c></summary>
    private PathLiteral PathOf(Position at)
    {
        var parts = new List<Expression>();
        do
        {
            scanner.Expect("/");
            if (scanner.Follows('$'))
            {
                scanner.Expect("$(");
                parts.Add(Parse());
                scanner.Expect(")");
            }
            else
            {
                parts.Add(new Literal(at, new RuleString(scanner.PathSegment())));
            }

            if (scanner.Peek is { Kind: TokenKind.Symbol, Text: "$(" })
                throw scanner.Error(scanner.Peek.At, "a segment of a path is either literal or $( ), not both");
        }
        while (scanner.Peek is { Kind: TokenKind.Symbol, Text: "/" });
        return new(at, Above(at, [.. parts]), parts);
    }

    private int Above(Position at, params Expression[] below)
    {
        var depth = 1 + below.Select(expression => expression.Depth).DefaultIfEmpty(0).Max();
        return depth <= MaxDepth ? depth : throw scanner.Error(at, $"an expression is at most {MaxDepth} operators deep");
    }
}
