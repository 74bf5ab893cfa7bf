using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Enqueue.Payloads;

internal sealed record Field(string Name, Shape Shape, bool Required = true);

/// <summary>An object with these fields and no others: a misspelled one would be left out silently. Null is the same as absent.</summary>
internal sealed record ObjectShape(params Field[] Fields) : Shape
{
    /// <summary>Exactly one of these must be there (media: <c>id</c> or <c>link</c>).</summary>
    public string[] ExactlyOne { get; init; } = [];

    /// <summary>What no single field can say; runs last.</summary>
    public Func<JsonElement, string, string?>? Also { get; init; }

    public static bool Has(JsonElement value, string name) =>
        value.TryGetProperty(name, out var child) && child.ValueKind != JsonValueKind.Null;

    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return $"{path} must be an object.";
        foreach (var field in Fields)
        {
            if (!Has(value, field.Name))
            {
                if (field.Required)
                    return $"{path}.{field.Name} is required.";
            }
            else if (field.Shape.Problem(value.GetProperty(field.Name), $"{path}.{field.Name}") is { } problem)
            {
                return problem;
            }
        }
        return Unknown(value, path) ?? NotExactlyOne(value, path) ?? Also?.Invoke(value, path);
    }

    private string? Unknown(JsonElement value, string path) => value.EnumerateObject()
        .Where(property => !Fields.Any(field => property.NameEquals(field.Name)))
        .Select(property => $"{path}.{Printable(property.Name)} is not a field of this kind of message.")
        .FirstOrDefault();

    private string? NotExactlyOne(JsonElement value, string path) => ExactlyOne.Length == 0 || ExactlyOne.Count(name => Has(value, name)) == 1
        ? null
        : $"{path} must have exactly one of: {string.Join(", ", ExactlyOne)}.";

    // A name comes from a stranger: it is told back only as far as it is harmless.
    private static string Printable(string name) =>
        name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : "(unreadable name)";
}

/// <summary>An object whose field <paramref name="Tag"/> says which of several shapes the whole of it has.</summary>
internal sealed record TaggedShape(string Tag, params (string Name, Shape Shape)[] Cases) : Shape
{
    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return $"{path} must be an object.";
        if (!ObjectShape.Has(value, Tag))
            return $"{path}.{Tag} is required.";
        var tag = value.GetProperty(Tag);
        return Cases.FirstOrDefault(one => tag.ValueKind == JsonValueKind.String && tag.ValueEquals(one.Name)) is { Shape: { } shape }
            ? shape.Problem(value, path)
            : $"{path}.{Tag} must be one of: {string.Join(", ", Cases.Select(one => one.Name))}.";
    }
}

/// <summary>Any object, as a flow's own data may be, that Firestore can keep: no list directly inside a list, no reserved names.</summary>
internal sealed record DataShape(int BytesMax) : Shape
{
    public override string? Problem(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return $"{path} must be an object.";
        if (Encoding.UTF8.GetByteCount(value.GetRawText()) > BytesMax)
            return $"{path} is larger than {BytesMax} bytes.";
        return IsStorable(value, insideList: false) ? null : $"{path} holds a list inside a list, a number out of range, or a name that is reserved.";
    }

    private static bool IsStorable(JsonElement value, bool insideList) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(property => DocumentId.IsLawful(property.Name) && IsStorable(property.Value, insideList: false)),
        JsonValueKind.Array => !insideList && value.EnumerateArray().All(item => IsStorable(item, insideList: true)),
        JsonValueKind.Number => double.IsFinite(value.GetDouble()),
        JsonValueKind.String => !value.GetString()!.Contains('\0', StringComparison.Ordinal),
        _ => true,
    };
}
