using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Rules.Values;

/// <summary>Stored values, documents and token claims as the rules see them.</summary>
internal static class StoredValues
{
    public static RuleValue Of(Value value) => value switch
    {
        BooleanValue boolean => RuleBool.Of(boolean.Content),
        IntegerValue integer => new RuleInt(integer.Content),
        DoubleValue number => new RuleFloat(number.Content),
        TimestampValue timestamp => RuleTimestamp.FromMicros(timestamp.Micros),
        StringValue text => new RuleString(text.Content),
        BytesValue bytes => new RuleBytes(bytes.Content),
        ReferenceValue reference => PathOf(reference.Name),
        GeoPointValue point => new RuleLatLng(point.Latitude, point.Longitude),
        ArrayValue array => new RuleList([.. array.Items.Select(Of)]),
        MapValue map => new RuleMap(map.Fields.ToDictionary(field => field.Key, field => Of(field.Value), StringComparer.Ordinal)),
        _ => RuleNull.Instance,
    };

    /// <summary>What <c>resource</c> is, or <c>get()</c> gives: null for a document that is not there.</summary>
    public static RuleValue Of(Document? document) => document is null
        ? RuleNull.Instance
        : new RuleMap(new Dictionary<string, RuleValue>(StringComparer.Ordinal)
        {
            ["data"] = Of(document.Fields),
            ["id"] = new RuleString(document.Path.Id),
            ["__name__"] = RulePath.Of(document.Path),
        });

    public static RuleValue Of(JsonElement claim) => claim.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => RuleBool.Of(claim.GetBoolean()),
        JsonValueKind.Number => claim.TryGetInt64(out var integer) ? new RuleInt(integer) : new RuleFloat(claim.GetDouble()),
        JsonValueKind.String => new RuleString(claim.GetString()!),
        JsonValueKind.Array => new RuleList([.. claim.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => new RuleMap(claim.EnumerateObject()
            .GroupBy(member => member.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => Of(group.Last().Value), StringComparer.Ordinal)),
        _ => RuleNull.Instance,
    };

    /// <summary>A reference is the path below its project: <c>/databases/(default)/documents/…</c>.</summary>
    public static RulePath PathOf(string name) => new(name.Split('/')[2..]);
}
