using System.Text;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Language;

/// <summary>
/// Reads a rules file. In: its name and text. Out: its match blocks, functions and conditions, every name in them known
/// and every limit kept, or a <see cref="RulesException"/> that names file, line, column and reason.
/// </summary>
/// <remarks>https://firebase.google.com/docs/rules/rules-language</remarks>
internal sealed class RulesParser
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxNestedBlocks = 10;
    private const int MaxLets = 10;
    private const int MaxParameters = 7;

    private static readonly Dictionary<string, string[]> Methods = new(StringComparer.Ordinal)
    {
        ["read"] = ["get", "list"],
        ["write"] = ["create", "update", "delete"],
        ["get"] = ["get"],
        ["list"] = ["list"],
        ["create"] = ["create"],
        ["update"] = ["update"],
        ["delete"] = ["delete"],
    };

    private readonly Scanner _scanner;
    private readonly ExpressionParser _expressions;
    private int _version = 1;

    private RulesParser(Scanner scanner)
    {
        _scanner = scanner;
        _expressions = new(scanner);
    }

    public static RulesFile Parse(string name, string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
            throw new RulesException(name, new(1, 1), $"a rules file is at most {MaxBytes} bytes");
        var scanner = new Scanner(name, text);
        var file = new RulesParser(scanner).File(name);
        RulesCheck.Check(file, scanner);
        return file;
    }

    private RulesFile File(string name)
    {
        var root = new MatchBlock(new(1, 1), []);
        var services = 0;
        if (_scanner.Take("rules_version"))
            Version();
        while (_scanner.Peek.Kind != TokenKind.End)
        {
            if (_scanner.Peek is { Kind: TokenKind.Word, Text: "function" })
                AddFunction(root);
            else if (_scanner.Take("service"))
                services += Service(root);
            else
                throw _scanner.Unexpected("'service' or 'function'");
        }

        return services > 0 ? new(name, _version, root) : throw _scanner.Unexpected("'service cloud.firestore'");
    }

    private void Version()
    {
        _scanner.Expect("=");
        _version = _scanner.Peek.Content switch
        {
            RuleString { Content: "1" } => 1,
            RuleString { Content: "2" } => 2,
            _ => throw _scanner.Unexpected("'1' or '2' as the version, in quotes,"),
        };
        _scanner.Next();
        EndStatement();
    }

    private int Service(MatchBlock root)
    {
        var at = _scanner.Peek.At;
        var name = _scanner.ExpectWord("the service's name");
        while (_scanner.Take("."))
            name += "." + _scanner.ExpectWord("the service's name");
        if (name != "cloud.firestore")
            throw _scanner.Error(at, $"only rules of the service cloud.firestore are judged here, not of {name}");
        _scanner.Expect("{");
        Body(root, 0);
        return 1;
    }

    private void Body(MatchBlock block, int depth)
    {
        while (!_scanner.Take("}"))
        {
            switch (_scanner.Peek)
            {
                case { Kind: TokenKind.Word, Text: "match" }: block.Blocks.Add(Match(block, depth)); break;
                case { Kind: TokenKind.Word, Text: "function" }: AddFunction(block); break;
                case { Kind: TokenKind.Word, Text: "allow" } when depth > 0: block.Allows.Add(AllowStatement()); break;
                default: throw _scanner.Unexpected(depth > 0 ? "'match', 'allow', 'function' or '}'" : "'match', 'function' or '}'");
            }
        }
    }

    private MatchBlock Match(MatchBlock parent, int depth)
    {
        var at = _scanner.Expect("match").At;
        if (depth >= MaxNestedBlocks)
            throw _scanner.Error(at, $"match blocks nest at most {MaxNestedBlocks} deep");
        var block = new MatchBlock(at, Pattern(parent));
        _scanner.Expect("{");
        Body(block, depth + 1);
        return block;
    }

    private List<PatternSegment> Pattern(MatchBlock parent)
    {
        var path = new List<PatternSegment>();
        var at = _scanner.Peek.At;
        while (_scanner.Peek is { Kind: TokenKind.Symbol, Text: "/" })
        {
            _scanner.Next();
            path.Add(_scanner.Follows('{') ? Wildcard() : new(SegmentKind.Literal, _scanner.PathSegment()));
        }

        if (path.Count == 0)
            throw _scanner.Unexpected("a path that begins with '/'");
        if (_version == 1 && path.SkipLast(1).Any(segment => segment.Kind == SegmentKind.Recursive))
            throw _scanner.Error(at, "a recursive wildcard must come last; anywhere else it needs rules_version = '2'");
        if (path.Count(segment => segment.Kind == SegmentKind.Recursive) > 1)
            throw _scanner.Error(at, "a path has at most one recursive wildcard");
        return path;
    }

    private PatternSegment Wildcard()
    {
        _scanner.Expect("{");
        var name = _scanner.ExpectWord("a wildcard's name");
        var recursive = _scanner.Take("=");
        if (recursive)
        {
            _scanner.Expect("*");
            _scanner.Expect("*");
        }

        _scanner.Expect("}");
        return new(recursive ? SegmentKind.Recursive : SegmentKind.Single, name);
    }

    private Allow AllowStatement()
    {
        var at = _scanner.Expect("allow").At;
        var methods = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var named = _scanner.Peek;
            var name = _scanner.ExpectWord("a method");
            methods.UnionWith(Methods.GetValueOrDefault(name)
                ?? throw _scanner.Error(named.At, $"unknown method '{name}': read, get, list, write, create, update and delete are known"));
        }
        while (_scanner.Take(","));
        Expression? condition = null;
        if (_scanner.Take(":"))
        {
            _scanner.Expect("if");
            condition = _expressions.Parse();
        }

        EndStatement();
        return new(at, methods, condition);
    }

    private void AddFunction(MatchBlock scope)
    {
        var at = _scanner.Expect("function").At;
        var name = _scanner.ExpectWord("a function's name");
        _scanner.Expect("(");
        var parameters = new List<string>();
        while (!_scanner.Take(")"))
        {
            if (parameters.Count > 0)
                _scanner.Expect(",");
            parameters.Add(_scanner.ExpectWord("a parameter's name"));
        }

        if (parameters.Count > MaxParameters)
            throw _scanner.Error(at, $"a function has at most {MaxParameters} parameters");
        var (lets, result) = FunctionBody();
        if (!scope.Functions.TryAdd(name, new(at, name, parameters, lets, result)))
            throw _scanner.Error(at, $"the function '{name}' is declared twice in one scope");
    }

    private (List<Let> Lets, Expression Result) FunctionBody()
    {
        var lets = new List<Let>();
        _scanner.Expect("{");
        while (_scanner.Peek is { Kind: TokenKind.Word, Text: "let" })
        {
            var at = _scanner.Next().At;
            var name = _scanner.ExpectWord("a variable's name");
            _scanner.Expect("=");
            lets.Add(new(at, name, _expressions.Parse()));
            EndStatement();
            if (lets.Count > MaxLets)
                throw _scanner.Error(at, $"a function has at most {MaxLets} variables");
        }

        _scanner.Expect("return");
        var result = _expressions.Parse();
        EndStatement();
        _scanner.Expect("}");
        return (lets, result);
    }

    /// <summary>Google's compiler lets a missing semicolon pass, and so do many files.</summary>
    private void EndStatement() => _scanner.Take(";");
}
