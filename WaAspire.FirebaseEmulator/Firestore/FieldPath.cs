using System.Text;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>A path to a field: <c>a.b</c>, with backticks round a segment that is no simple name (<c>a.`x&amp;y`</c>).</summary>
internal sealed record FieldPath
{
    public static readonly FieldPath DocumentName = new(["__name__"]);

    public FieldPath(IReadOnlyList<string> segments)
    {
        Segments = segments;
        Text = string.Join('.', segments.Select(Quote));
    }

    public IReadOnlyList<string> Segments { get; }

    /// <summary>The canonical form, which also tells two paths apart.</summary>
    public string Text { get; }

    public bool IsDocumentName => Text == "__name__";

    public bool Equals(FieldPath? other) => Text == other?.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    public static FieldPath Parse(string text)
    {
        var segments = new List<string>();
        var at = 0;
        do
        {
            segments.Add(at < text.Length && text[at] == '`' ? Quoted(text, ref at) : Simple(text, ref at));
        }
        while (at < text.Length && text[at++] == '.');
        return at >= text.Length && !text.EndsWith('.') ? new(segments) : throw Malformed(text);
    }

    public Value? In(MapValue fields)
    {
        Value current = fields;
        foreach (var segment in Segments)
        {
            if (current is not MapValue map || !map.Fields.TryGetValue(segment, out var next))
                return null;
            current = next;
        }

        return current;
    }

    /// <summary>Sets the value, or removes it when null, making the maps on the way where a value must go in.</summary>
    public void Assign(Dictionary<string, Value> fields, Value? value) => Assign(fields, 0, value);

    private void Assign(Dictionary<string, Value> fields, int depth, Value? value)
    {
        var segment = Segments[depth];
        if (depth == Segments.Count - 1)
        {
            if (value is null)
                fields.Remove(segment);
            else
                fields[segment] = value;
            return;
        }

        var inner = fields.GetValueOrDefault(segment) as MapValue;
        if (inner is null && value is null)
            return;
        var copy = inner?.Copy() ?? [];
        Assign(copy, depth + 1, value);
        fields[segment] = new MapValue(copy);
    }

    private static string Simple(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
            at++;
        return at > start && !char.IsAsciiDigit(text[start]) ? text[start..at] : throw Malformed(text);
    }

    private static string Quoted(string text, ref int at)
    {
        var segment = new StringBuilder();
        for (at++; at < text.Length && text[at] != '`'; at++)
        {
            if (text[at] == '\\')
                at++;
            segment.Append(at < text.Length ? text[at] : throw Malformed(text));
        }

        return at++ < text.Length && segment.Length > 0 ? segment.ToString() : throw Malformed(text);
    }

    private static string Quote(string segment) =>
        !char.IsAsciiDigit(segment[0]) && segment.All(character => char.IsAsciiLetterOrDigit(character) || character == '_')
            ? segment
            : $"`{segment.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`";

    private static RpcException Malformed(string text) => RpcException.Invalid($"Invalid property path \"{text}\".");
}
