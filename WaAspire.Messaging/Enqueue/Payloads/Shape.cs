using System.Globalization;
using System.Text.Json;

namespace WaAspire.Messaging.Enqueue.Payloads;

/// <summary>
/// What one JSON value must look like; each kind of message is a tree of these. A problem is a sentence that begins with the
/// field (<c>payload.image.caption is longer than 1024 characters.</c>) and never repeats what was sent.
/// </summary>
internal abstract record Shape
{
    /// <summary>Null when nothing is wrong.</summary>
    public abstract string? Problem(JsonElement value, string path);
}

/// <summary>A text of bounded length, in UTF-16 units, which is what WhatsApp counts; optionally one of a set.</summary>
internal sealed record TextShape(int Max, int Min = 1, params string[] OneOf) : Shape
{
    /// <summary>What a good one is, beyond its length: <c>is not …</c>.</summary>
    public (Func<string, bool> IsGood, string Otherwise)? Also { get; init; }

    public static string? ProblemWith(string text, int max, string path) => text switch
    {
        _ when text.Length > max => $"{path} is longer than {max} characters.",
        _ when text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) => $"{path} holds control characters.",
        _ => null,
    };

    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
            return $"{path} must be a string.";
        var text = value.GetString()!;
        if (Min > 0 && string.IsNullOrWhiteSpace(text))
            return $"{path} is empty.";
        if (OneOf.Length > 0 && !OneOf.Contains(text, StringComparer.Ordinal))
            return $"{path} must be one of: {string.Join(", ", OneOf)}.";
        return ProblemWith(text, Max, path) ?? (Also is { } also && !also.IsGood(text) ? $"{path} {also.Otherwise}." : null);
    }
}

internal sealed record FlagShape : Shape
{
    public override string? Problem(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : $"{path} must be true or false.";
}

/// <summary>A number in a range; Graph also takes it as a string, and so do we.</summary>
internal sealed record NumberShape(double Min, double Max, bool Whole = false) : Shape
{
    public override string? Problem(JsonElement value, string path)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= Min && number <= Max && (!Whole || number == Math.Floor(number))
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{path} must be a {(Whole ? "whole " : "")}number from {Min} to {Max}.");
    }
}

/// <summary>An address that Meta can fetch: http or https, and a host. It is never fetched from here.</summary>
internal sealed record LinkShape : Shape
{
    private const int LengthMax = 2048;

    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
            return $"{path} must be a string.";
        var text = value.GetString()!;
        if (text.Length > LengthMax)
            return $"{path} is longer than {LengthMax} characters.";
        return Uri.TryCreate(text, UriKind.Absolute, out var link) && link.Scheme is "http" or "https"
            && Uri.CheckHostName(link.IdnHost) != UriHostNameType.Unknown && !text.Any(char.IsWhiteSpace)
            ? null
            : $"{path} must be an http or https address with a host.";
    }
}

internal sealed record ListShape(int Min, int Max, Shape Item) : Shape
{
    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return $"{path} must be a list.";
        var count = value.GetArrayLength();
        if (count < Min || count > Max)
            return $"{path} must have {Min} to {Max} elements.";
        return value.EnumerateArray().Select((item, index) => Item.Problem(item, $"{path}[{index}]")).FirstOrDefault(problem => problem is not null);
    }
}
