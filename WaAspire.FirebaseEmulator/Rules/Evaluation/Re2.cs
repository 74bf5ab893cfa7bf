using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// Regular expressions in RE2's syntax on .NET's engine without backtracking. What both write alike but mean
/// differently is rewritten (<c>\d \w \s</c> are ASCII, <c>$</c> is the very end, a character is a code point); what
/// cannot be rewritten is refused, and a rules file that holds it does not load.
/// </summary>
/// <remarks>https://github.com/google/re2/wiki/Syntax</remarks>
internal static class Re2
{
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private const string Surrogates = @"\uD800-\uDFFF";
    private const int MaxCompiled = 1000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<string, Regex> Compiled = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, string> Classes = new(StringComparer.Ordinal)
    {
        ["d"] = "0-9", ["w"] = "0-9A-Za-z_", ["s"] = @"\t\n\f\r\x20",
        ["D"] = @"\x00-/:-\uD7FF\uE000-\uFFFF", ["W"] = @"\x00-/:-@\[-\^`\{-\uD7FF\uE000-\uFFFF", ["S"] = @"\x00-\x08\x0B\x0E-\x1F!-\uD7FF\uE000-\uFFFF",
        ["alnum"] = "0-9A-Za-z", ["alpha"] = "A-Za-z", ["digit"] = "0-9", ["lower"] = "a-z", ["upper"] = "A-Z", ["word"] = "0-9A-Za-z_",
        ["space"] = @"\t\n\v\f\r\x20", ["blank"] = @"\t\x20", ["xdigit"] = "0-9A-Fa-f", ["punct"] = @"!-/:-@\[-`\{-~",
    };

    public static RuleValue Matches(string pattern, string text) =>
        Run(pattern, translated => $@"\A(?:{translated})\z", regex => RuleBool.Of(regex.IsMatch(text)));

    public static RuleValue Split(string pattern, string text) =>
        Run(pattern, translated => translated, regex =>
        {
            var (parts, from) = (new List<RuleValue>(), 0);
            foreach (var match in regex.EnumerateMatches(text))
            {
                if (match.Length == 0)
                    return new Failure("split at an empty match");
                parts.Add(new RuleString(text[from..match.Index]));
                from = match.Index + match.Length;
            }

            return new RuleList([.. parts, new RuleString(text[from..])]);
        });

    /// <summary>Whether <c>\1</c> or <c>$1</c> in the replacement means a group is not known here, so it is in error.</summary>
    public static RuleValue Replace(string pattern, string text, string by) => by.AsSpan().ContainsAny('\\', '$')
        ? new Failure("replace() with groups is not judged here")
        : Run(pattern, translated => translated, regex => new RuleString(regex.Replace(text, by)));

    /// <summary>Null when it is malformed or cannot be judged.</summary>
    public static string? Translate(string pattern)
    {
        var translated = new Reader(pattern).All();
        return translated is null || Compile(translated) is null ? null : translated;
    }

    private static RuleValue Run(string pattern, Func<string, string> wrap, Func<Regex, RuleValue> use)
    {
        if (Translate(pattern) is not { } translated || Compile(wrap(translated)) is not { } regex)
            return new Failure("a regular expression is malformed, or holds what is not judged here");
        try
        {
            return use(regex);
        }
        catch (RegexMatchTimeoutException)
        {
            return new Failure("a regular expression took too long");
        }
    }

    private static Regex? Compile(string translated)
    {
        if (Compiled.TryGetValue(translated, out var known))
            return known;
        try
        {
            var regex = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout);
            if (Compiled.Count < MaxCompiled)
                Compiled[translated] = regex;
            return regex;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private sealed class Reader(string pattern)
    {
        private readonly StringBuilder _out = new();
        private int _at;

        public string? All()
        {
            while (_at < pattern.Length)
            {
                var ok = pattern[_at] switch
                {
                    '\\' => Escape(),
                    '[' => Class(),
                    '(' => Group(),
                    '.' => Put($@"(?:{Pair}|[^\n{Surrogates}])", 1),
                    '$' => Put(@"\z", 1),
                    '^' => Put(@"\A", 1),
                    '#' or ' ' => Put($@"\{pattern[_at]}", 1),
                    _ => Rune.TryGetRuneAt(pattern, _at, out var rune) && Put(rune.IsBmp ? rune.ToString() : $"(?:{rune})", rune.Utf16SequenceLength),
                };
                if (!ok)
                    return null;
            }

            return _out.ToString();
        }

        /// <summary>Beyond the end lies a character that no pattern holds.</summary>
        private char At(int index) => index < pattern.Length ? pattern[index] : '\0';

        private bool Put(string text, int taken)
        {
            _out.Append(text);
            _at += taken;
            return true;
        }

        private bool Group()
        {
            if (!pattern.AsSpan(_at).StartsWith("(?"))
                return Put("(", 1);
            var rest = pattern.AsSpan(_at + 2);
            if (rest.StartsWith(":"))
                return Put("(?:", 3);
            if (rest.StartsWith("i)"))
                return Put("(?i)", 4);
            if (rest.StartsWith("i:"))
                return Put("(?i:", 4);
            // A name is only good for replacement, which is not judged anyway.
            var name = rest.StartsWith("P<") ? pattern.IndexOf('>', _at) : -1;
            return name > 0 && Put("(", name + 1 - _at);
        }

        private bool Escape()
        {
            var letter = At(_at + 1);
            if (Classes.TryGetValue(letter.ToString(), out var members))
                return Put(char.IsUpper(letter) ? $"(?:{Pair}|[{members}])" : $"[{members}]", 2);
            if (letter is 'A' or 'z')
                return Put($@"\{letter}", 2);
            if (letter == 'Q')
                return Quoted();
            return Character() is { } character && Put(character, 0);
        }

        private bool Quoted()
        {
            var end = pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
            var text = pattern[(_at + 2)..(end < 0 ? pattern.Length : end)];
            return Put(Regex.Escape(text).Replace("]", @"\]", StringComparison.Ordinal), (end < 0 ? pattern.Length : end + 2) - _at);
        }

        /// <summary>An escaped character that both write alike; moves behind it.</summary>
        private string? Character()
        {
            var letter = At(_at + 1);
            _at += 2;
            if (letter is 'n' or 't' or 'r' or 'f' or 'v' or 'a' || (char.IsAscii(letter) && (char.IsPunctuation(letter) || char.IsSymbol(letter))))
                return $@"\{letter}";
            if (letter != 'x' || _at >= pattern.Length)
                return null;
            var braced = pattern[_at] == '{';
            var end = braced ? pattern.IndexOf('}', _at) : Math.Min(_at + 2, pattern.Length);
            var digits = end < 0 ? "" : pattern[(_at + (braced ? 1 : 0))..end];
            _at = end + (braced ? 1 : 0);
            return ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && !char.IsSurrogate((char)code)
                ? $@"\u{code:X4}"
                : null;
        }

        private bool Class()
        {
            _at++;
            var negated = At(_at) == '^';
            _at += negated ? 1 : 0;
            var (members, first, pairs) = (new StringBuilder(), true, negated);
            for (; At(_at) != ']' || first; first = false)
            {
                if (_at >= pattern.Length || ClassMember(ref pairs, negated) is not { } member)
                    return false;
                members.Append(member);
            }

            _at++;
            _out.Append(!pairs ? $"[{members}]" : negated ? $"(?:{Pair}|[^{members}{Surrogates}])" : $"(?:{Pair}|[{members}])");
            return true;
        }

        /// <param name="pairs">Becomes true when the class holds the characters above U+FFFF.</param>
        private string? ClassMember(ref bool pairs, bool negated)
        {
            var named = pattern.AsSpan(_at).StartsWith("[:") ? pattern.IndexOf(":]", _at, StringComparison.Ordinal) : -1;
            if (named > 0)
            {
                var name = pattern[(_at + 2)..named];
                _at = named + 2;
                return name.Length > 1 ? Classes.GetValueOrDefault(name) : null;
            }

            if (pattern[_at] != '\\')
            {
                var plain = pattern[_at++];
                return char.IsSurrogate(plain) ? null : plain is '[' or '^' ? $@"\{plain}" : plain.ToString();
            }

            if (!Classes.TryGetValue(At(_at + 1).ToString(), out var members))
                return Character();
            if (char.IsUpper(pattern[_at + 1]))
            {
                // Without it the class would have to leave the pairs out again, which a negation cannot say here.
                if (negated)
                    return null;
                pairs = true;
            }

            _at += 2;
            return members;
        }
    }
}
