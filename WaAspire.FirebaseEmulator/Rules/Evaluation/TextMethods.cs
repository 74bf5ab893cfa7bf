using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>Methods of strings and bytes, and the hashes over them. A string's characters are its code points.</summary>
internal static class TextMethods
{
    public static void Register()
    {
        Library.Method<RuleString>("size", 0, (text, _) => new RuleInt(text.Content.EnumerateRunes().Count()));
        Library.Method<RuleString>("lower", 0, (text, _) => new RuleString(text.Content.ToLowerInvariant()));
        Library.Method<RuleString>("upper", 0, (text, _) => new RuleString(text.Content.ToUpperInvariant()));
        Library.Method<RuleString>("trim", 0, (text, _) => new RuleString(text.Content.Trim()));
        Library.Method<RuleString>("toUtf8", 0, (text, _) => new RuleBytes(Encoding.UTF8.GetBytes(text.Content)));
        Library.Method<RuleString>("matches", 1, (text, values) => Pattern(values[0], pattern => Re2.Matches(pattern, text.Content)));
        Library.Method<RuleString>("split", 1, (text, values) => Pattern(values[0], pattern => Re2.Split(pattern, text.Content)));
        Library.Method<RuleString>("replace", 2, (text, values) =>
            values[1] is RuleString by ? Pattern(values[0], pattern => Re2.Replace(pattern, text.Content, by.Content)) : null);

        Library.Method<RuleBytes>("size", 0, (bytes, _) => new RuleInt(bytes.Content.Length));
        Library.Method<RuleBytes>("toBase64", 0, (bytes, _) =>
            new RuleString(Convert.ToBase64String(bytes.Content).Replace('+', '-').Replace('/', '_')));
        Library.Method<RuleBytes>("toHexString", 0, (bytes, _) => new RuleString(Convert.ToHexString(bytes.Content)));

        Library.Function("hashing.md5", 1, values => Hash(values[0], Md5));
        Library.Function("hashing.sha256", 1, values => Hash(values[0], SHA256.HashData));
    }

    /// <summary>Null when out of range: an index counts code points from 0, never from the end.</summary>
    public static RuleString? Part(RuleString text, long from, long to)
    {
        var runes = text.Content.EnumerateRunes().ToList();
        return from >= 0 && from <= to && to <= runes.Count
            ? new(string.Concat(runes.Skip((int)from).Take((int)(to - from))))
            : null;
    }

    private static RuleValue? Pattern(RuleValue value, Func<string, RuleValue> use) => value is RuleString pattern ? use(pattern.Content) : null;

    private static RuleBytes? Hash(RuleValue value, Func<byte[], byte[]> hash) => value switch
    {
        RuleString text => new(hash(Encoding.UTF8.GetBytes(text.Content))),
        RuleBytes bytes => new(hash(bytes.Content)),
        _ => null,
    };

    [SuppressMessage("Security", "CA5351", Justification = "The rules language has it; nothing here is protected by it.")]
    private static byte[] Md5(byte[] content) => MD5.HashData(content);
}
