using System.Text.Json;
using System.Text.Json.Serialization;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// <c>firestore.indexes.json</c> as it is written. What cannot be read stops the start, with file, line and reason:
/// an index that is silently left out would be missed in production only.
/// </summary>
/// <remarks>https://firebase.google.com/docs/reference/firestore/indexes</remarks>
internal sealed record IndexFile
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
        Converters = { new FieldPathConverter() },
    };

    public IReadOnlyList<DeclaredIndex> Indexes { get; init; } = [];

    public IReadOnlyList<DeclaredOverride> FieldOverrides { get; init; } = [];

    public static IndexFile Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<IndexFile>(File.ReadAllText(file), _json) ?? new();
        }
        catch (JsonException malformed)
        {
            // The message goes on to tell path and position in its own way; the first sentence is the reason.
            var reason = malformed.Message.Split(" Path: ")[0];
            throw StartException.In(file, (malformed.LineNumber ?? 0) + 1, $"{reason} (at {malformed.Path})");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{file}: {unreadable.Message}");
        }
    }

    private sealed class FieldPathConverter : JsonConverter<FieldPath>
    {
        public override FieldPath Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return FieldPath.Parse(reader.GetString() ?? "");
            }
            catch (RpcException malformed)
            {
                throw new JsonException(malformed.Message);
            }
        }

        public override void Write(Utf8JsonWriter writer, FieldPath value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

internal enum QueryScope
{
    Collection,
    CollectionGroup,
}

internal sealed record DeclaredIndex
{
    public required string CollectionGroup { get; init; }

    [JsonConverter(typeof(WireNames<QueryScope>))]
    public QueryScope QueryScope { get; init; }

    public required IReadOnlyList<DeclaredField> Fields { get; init; }

    /// <summary>Written by the Firebase tools; they say nothing that a query here could feel.</summary>
    public string? Density { get; init; }

    public string? ApiScope { get; init; }

    public bool? Multikey { get; init; }

    public bool? Unique { get; init; }

    public bool IsGroup => QueryScope == QueryScope.CollectionGroup;
}

internal record DeclaredMode : IJsonOnDeserialized
{
    [JsonConverter(typeof(WireNames<IndexMode>))]
    public IndexMode? Order { get; init; }

    [JsonConverter(typeof(WireNames<ContainsMode>))]
    public ContainsMode? ArrayConfig { get; init; }

    public IndexMode Mode => (Order, ArrayConfig) switch
    {
        ({ } order, null) when order != IndexMode.Contains => order,
        (null, not null) => IndexMode.Contains,
        _ => throw new JsonException("An index field has either an order or an arrayConfig."),
    };

    /// <summary>Checked while the reader still knows the line.</summary>
    public void OnDeserialized() => _ = Mode;
}

internal enum ContainsMode
{
    Contains,
}

internal sealed record DeclaredField : DeclaredMode
{
    public required FieldPath FieldPath { get; init; }
}

internal sealed record DeclaredOverride
{
    public required string CollectionGroup { get; init; }

    public required FieldPath FieldPath { get; init; }

    public bool Ttl { get; init; }

    /// <summary>Absent leaves the automatic ones; an empty list exempts the field.</summary>
    public IReadOnlyList<DeclaredSingle>? Indexes { get; init; }
}

internal sealed record DeclaredSingle : DeclaredMode
{
    [JsonConverter(typeof(WireNames<QueryScope>))]
    public QueryScope QueryScope { get; init; }

    public bool IsGroup => QueryScope == QueryScope.CollectionGroup;
}

/// <summary>Enums as the file spells them: <c>COLLECTION_GROUP</c>.</summary>
internal sealed class WireNames<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var name = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("A name in capitals was expected.");
        return name.All(letter => char.IsAsciiLetterUpper(letter) || letter == '_') && Enum.TryParse<T>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var known) && Enum.IsDefined(known)
            ? known
            : throw new JsonException($"{name} is none of the known names.");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw new NotSupportedException();
}
