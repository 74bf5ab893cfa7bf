using System.Text.Json.Nodes;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Documents as shipped clients read them from an endpoint: ordinary JSON, in which a time is
/// <c>{"_seconds":1767225600,"_nanoseconds":0}</c>, as the old system's library wrote it.
/// </summary>
public static class ClientJson
{
    public static JsonObject Of(DocumentFields fields, params string[] without)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields.Where(field => !without.Contains(field.Key)))
        {
            json[name] = Of(value);
        }

        return json;
    }

    public static JsonNode? Of(FirestoreValue value) => value.Kind switch
    {
        FirestoreValueKind.String => JsonValue.Create(value.AsString),
        FirestoreValueKind.Integer => JsonValue.Create(value.AsInteger!.Value),
        FirestoreValueKind.Double when double.IsFinite(value.AsDouble!.Value) => JsonValue.Create(value.AsDouble!.Value),
        FirestoreValueKind.Boolean => JsonValue.Create(value.AsBoolean!.Value),
        FirestoreValueKind.Timestamp => Of(value.AsTimestamp!.Value),
        FirestoreValueKind.Array => new JsonArray([.. value.AsArray!.Select(Of)]),
        FirestoreValueKind.Map => Of(value.AsMap!),
        _ => null,
    };

    public static JsonNode? Of(DateTimeOffset? time) => time is not { } at ? null : new JsonObject
    {
        ["_seconds"] = at.ToUnixTimeSeconds(),
        ["_nanoseconds"] = at.Ticks % TimeSpan.TicksPerSecond * 100,
    };
}
