using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Proxy.Accounts;

namespace WaAspire.Proxy.Operations.Live;

/// <summary>
/// A look at the fleet as employees may see it: the accounts of their account list without those whose conversations are the
/// super-admin's, of these what waits and what is in doubt, and no dead letters, which are the super-admin's to read.
/// </summary>
internal static class LiveView
{
    private static readonly string[] _byAccount = ["queues", "waiting", "uncertain"];
    private static readonly string[] _superAdmins = ["deadLetters", "deadLettersNext"];

    public static string ForEmployees(JsonElement overview, string adminPhone, IReadOnlySet<string> adminOnlyIds)
    {
        var json = (JsonObject)StaffAccounts.Of(overview, adminPhone);
        Keep(json["accounts"], account => Text(account, "id") is { } id && !adminOnlyIds.Contains(id));
        var shown = (json["accounts"] as JsonArray ?? []).Select(account => Text(account, "id")).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _byAccount)
        {
            Keep(json[name], entry => shown.Contains(Text(entry, "accountId")));
        }

        foreach (var name in _superAdmins)
        {
            json.Remove(name);
        }

        return json.ToJsonString();
    }

    private static void Keep(JsonNode? list, Func<JsonNode?, bool> isShown)
    {
        if (list is JsonArray entries)
        {
            entries.Where(entry => !isShown(entry)).ToList().ForEach(entry => entries.Remove(entry));
        }
    }

    private static string? Text(JsonNode? entry, string name) => entry is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
