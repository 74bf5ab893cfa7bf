using System.Globalization;
using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>What one JSON value must look like; a message type is a tree of these. Null means nothing is wrong.</summary>
internal abstract record Rule
{
    public abstract GraphError? Check(JsonElement value, string path);
}

/// <summary>A string of bounded length (in UTF-16 units, as the published limits are tested), optionally one of a set.</summary>
internal sealed record TextRule(int Max, int Min = 1, string[]? OneOf = null) : Rule
{
    public override GraphError? Check(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String) return GraphError.Invalid(path, "must be a string");
        var text = value.GetString()!;
        if (text.Length > Max) return GraphError.TooLong(path, Max);
        if (Min > 0 && string.IsNullOrWhiteSpace(text)) return GraphError.Missing(path);
        if (OneOf is not null && !OneOf.Contains(text, StringComparer.Ordinal))
            return GraphError.Invalid(path, $"must be one of {{{string.Join(", ", OneOf)}}}");
        return null;
    }
}

internal sealed record FlagRule : Rule
{
    public override GraphError? Check(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : GraphError.Invalid(path, "must be a boolean");
}

/// <summary>A number in a range, as a JSON number or, as Graph also takes it, as a string.</summary>
internal sealed record NumberRule(double Min, double Max) : Rule
{
    public override GraphError? Check(JsonElement value, string path)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= Min && number <= Max
            ? null
            : GraphError.Invalid(path, "must be a number in range");
    }
}

/// <summary>An http or https address.</summary>
internal sealed record LinkRule : Rule
{
    public override GraphError? Check(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String && Uri.TryCreate(value.GetString(), UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
            ? null
            : GraphError.Invalid(path, "must be an http or https address");
}

internal sealed record ListRule(int Min, int Max, Rule Item) : Rule
{
    public override GraphError? Check(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array) return GraphError.Invalid(path, "must be an array");
        var count = value.GetArrayLength();
        if (count < Min || count > Max) return GraphError.Invalid(path, $"must have {Min} to {Max} elements");
        return value.EnumerateArray()
            .Select((item, index) => Item.Check(item, $"{path}[{index}]"))
            .FirstOrDefault(error => error is not null);
    }
}

internal sealed record Field(string Name, Rule Rule, bool Required = true);

/// <summary>An object. Unless it is open, a key that no field names is refused, as misspelled parameters are.</summary>
internal sealed record ObjectRule(params Field[] Fields) : Rule
{
    public bool Open { get; init; }

    /// <summary>Exactly one of these keys must be there (media: id or link).</summary>
    public string[]? ExactlyOne { get; init; }

    /// <summary>What no single field can say; runs last.</summary>
    public Func<JsonElement, string, GraphError?>? Also { get; init; }

    public override GraphError? Check(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) return GraphError.Invalid(path, "must be an object");
        foreach (var field in Fields)
        {
            if (value.TryGetProperty(field.Name, out var child) && child.ValueKind != JsonValueKind.Null)
            {
                if (field.Rule.Check(child, $"{path}['{field.Name}']") is { } error) return error;
            }
            else if (field.Required)
            {
                return GraphError.Missing($"{path}['{field.Name}']");
            }
        }

        return Unexpected(value, path) ?? NotExactlyOne(value, path) ?? Also?.Invoke(value, path);
    }

    private GraphError? Unexpected(JsonElement value, string path)
    {
        if (Open) return null;
        foreach (var property in value.EnumerateObject())
            if (!Fields.Any(field => property.NameEquals(field.Name)))
                return GraphError.Unexpected(property.Name, path);
        return null;
    }

    private GraphError? NotExactlyOne(JsonElement value, string path)
    {
        if (ExactlyOne is null) return null;
        return ExactlyOne.Count(name => value.TryGetProperty(name, out _)) switch
        {
            1 => null,
            0 => GraphError.Missing($"{path}['{ExactlyOne[0]}']"),
            _ => GraphError.Invalid(path, $"must have only one of {{{string.Join(", ", ExactlyOne)}}}"),
        };
    }
}
