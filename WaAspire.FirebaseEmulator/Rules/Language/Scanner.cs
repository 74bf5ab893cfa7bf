using System.Globalization;
using System.Text;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Language;

internal enum TokenKind
{
    End,
    Word,
    Symbol,
    Content,
}

/// <param name="Text">The word or symbol.</param>
/// <param name="Content">Of a number, string or bytes literal.</param>
internal sealed record Token(TokenKind Kind, string Text, Position At, RuleValue? Content = null);

/// <summary>
/// Cuts a rules file into tokens, one at a time: whether a slash divides or begins a path only the parser can tell, and
/// it then reads the path's segments character by character.
/// </summary>
internal sealed class Scanner
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "&&", "||", "$(", .. "{}()[];:,.=<>!+-*/%?".Select(symbol => symbol.ToString())];
    private readonly string _file;
    private readonly string _text;
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private Token? _next;

    public Scanner(string file, string text)
    {
        _file = file;
        _text = text;
    }

    public Token Peek => _next ??= Read();

    public Token Next()
    {
        var token = Peek;
        if (token.Kind != TokenKind.End)
            _next = null;
        return token;
    }

    public bool Take(string text)
    {
        var found = Peek.Kind is TokenKind.Symbol or TokenKind.Word && Peek.Text == text;
        if (found)
            Next();
        return found;
    }

    public Token Expect(string text)
    {
        var token = Peek;
        return Take(text) ? token : throw Unexpected($"'{text}'");
    }

    public string ExpectWord(string what) => Peek.Kind == TokenKind.Word ? Next().Text : throw Unexpected(what);

    public RulesException Unexpected(string wanted) =>
        Error(Peek.At, $"{wanted} expected, found {(Peek.Kind == TokenKind.End ? "the end of the file" : $"'{Peek.Text}'")}");

    public RulesException Error(Position at, string reason) => new(_file, at, reason);

    /// <summary>Whether the character right behind the last token is this one; only valid when nothing was peeked.</summary>
    public bool Follows(char character) => _next is null && _at < _text.Length && _text[_at] == character;

    /// <summary>The characters of a path's segment right behind a slash; <c>(default)</c> is the one segment in brackets.</summary>
    public string PathSegment()
    {
        const string Default = "(default)";
        if (string.CompareOrdinal(_text, _at, Default, 0, Default.Length) == 0)
        {
            _at += Default.Length;
            return Default;
        }

        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || "_-.~@%".Contains(_text[_at], StringComparison.Ordinal)))
            _at++;
        return _at > start ? _text[start.._at] : throw Error(Here, "a path segment expected");
    }

    private Position Here => new(_line, _at - _lineStart + 1);

    private Token Read()
    {
        SkipBlanks();
        var at = Here;
        if (_at >= _text.Length)
            return new(TokenKind.End, "", at);
        var first = _text[_at];
        if (first is '\'' or '"')
            return ReadString(at, bytes: false);
        if (first == 'b' && _at + 1 < _text.Length && _text[_at + 1] is '\'' or '"')
            return ReadString(at, bytes: true);
        if (char.IsAsciiDigit(first))
            return ReadNumber(at);
        if (char.IsAsciiLetter(first) || first == '_')
            return new(TokenKind.Word, TakeWhile(character => char.IsAsciiLetterOrDigit(character) || character == '_'), at);

        var symbol = Array.Find(Symbols, candidate => string.CompareOrdinal(_text, _at, candidate, 0, candidate.Length) == 0)
            ?? throw Error(at, $"unexpected character '{first}'");
        _at += symbol.Length;
        return new(TokenKind.Symbol, symbol, at);
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]) || _text[_at] == '\uFEFF')
                Advance();
            else if (Starts("//"))
                SkipTo("\n", Here, required: false);
            else if (Starts("/*"))
                SkipTo("*/", Here, required: true);
            else
                return;
        }
    }

    private bool Starts(string text) => string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;

    private void SkipTo(string end, Position from, bool required)
    {
        // A comment's own opening must not serve as its end: /*/ is open.
        Advance();
        Advance();
        while (_at < _text.Length && !Starts(end))
            Advance();
        if (_at >= _text.Length && required)
            throw Error(from, "a comment is not closed");
        for (var index = 0; index < end.Length && _at < _text.Length; index++)
            Advance();
    }

    private void Advance()
    {
        if (_text[_at++] == '\n')
            (_line, _lineStart) = (_line + 1, _at);
    }

    private string TakeWhile(Func<char, bool> part)
    {
        var start = _at;
        while (_at < _text.Length && part(_text[_at]))
            _at++;
        return _text[start.._at];
    }

    private Token ReadNumber(Position at)
    {
        var start = _at;
        TakeWhile(char.IsAsciiDigit);
        var isFloat = _at + 1 < _text.Length && _text[_at] == '.' && char.IsAsciiDigit(_text[_at + 1]);
        if (isFloat)
        {
            _at++;
            TakeWhile(char.IsAsciiDigit);
        }

        if (_at < _text.Length && _text[_at] is 'e' or 'E')
        {
            isFloat = true;
            _at += _at + 1 < _text.Length && _text[_at + 1] is '+' or '-' ? 2 : 1;
            TakeWhile(char.IsAsciiDigit);
        }

        var text = _text[start.._at];
        if (isFloat && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return new(TokenKind.Content, text, at, new RuleFloat(number));
        return !isFloat && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var integer)
            ? new(TokenKind.Content, text, at, new RuleInt(integer))
            : throw Error(at, $"'{text}' is not a number of 64 bits");
    }

    private Token ReadString(Position at, bool bytes)
    {
        var start = _at;
        _at += bytes ? 1 : 0;
        var quote = _text[_at++];
        var (text, raw) = (new StringBuilder(), new List<byte>());
        while (_at < _text.Length && _text[_at] != quote && _text[_at] != '\n')
        {
            if (_text[_at] == '\\')
            {
                var code = Escape(bytes);
                text.Append(code);
                raw.Add((byte)code);
            }
            else
            {
                var rune = Rune.TryGetRuneAt(_text, _at, out var valid) ? valid : Rune.ReplacementChar;
                text.Append(rune.ToString());
                raw.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
                _at += rune.Utf16SequenceLength;
            }
        }

        if (_at >= _text.Length || _text[_at] != quote)
            throw Error(at, "a string is not closed on its line");
        _at++;
        return new(TokenKind.Content, _text[start.._at], at, bytes ? new RuleBytes([.. raw]) : new RuleString(text.ToString()));
    }

    private char Escape(bool bytes)
    {
        var at = Here;
        var letter = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        _at += 2;
        return letter switch
        {
            '\\' or '\'' or '"' or '`' or '?' => letter,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'v' => '\v',
            'x' or 'X' => Code(2, at),
            'u' when !bytes => Code(4, at),
            >= '0' and <= '3' => Octal(letter, at),
            _ => throw Error(at, $"unknown escape '\\{letter}' (a backslash itself is written \\\\)"),
        };
    }

    private char Code(int digits, Position at)
    {
        var text = _at + digits <= _text.Length ? _text.Substring(_at, digits) : "";
        _at += text.Length;
        return ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? (char)code
            : throw Error(at, $"{digits} hexadecimal digits expected");
    }

    private char Octal(char first, Position at)
    {
        var rest = _at + 2 <= _text.Length ? _text.Substring(_at, 2) : "";
        _at += rest.Length;
        return rest.Length == 2 && rest.All(digit => digit is >= '0' and <= '7')
            ? (char)(((first - '0') * 64) + ((rest[0] - '0') * 8) + (rest[1] - '0'))
            : throw Error(at, "three octal digits expected");
    }
}
