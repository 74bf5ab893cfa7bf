using System.Text.Json.Nodes;
using static WaAspire.FirebaseEmulator.Auth.AuthJson;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>The administrator's calls on many accounts: list by pages, import, delete.</summary>
internal sealed class AccountBatches(AuthUsers users, TimeProvider time)
{
    private const int MaxPage = 1000;

    public JsonObject List(string project, string? maxResults, string? pageToken)
    {
        var size = int.TryParse(maxResults, out var given) && given > 0 ? Math.Min(given, MaxPage) : MaxPage;
        var page = users.All(project)
            .Where(user => string.IsNullOrEmpty(pageToken) || string.CompareOrdinal(user.LocalId, pageToken) > 0)
            .Take(size + 1).ToList();
        var answer = new JsonObject
        {
            ["kind"] = "identitytoolkit#DownloadAccountResponse",
            ["users"] = new JsonArray([.. page.Take(size).Select(user => user.ToJson())]),
        };
        if (page.Count > size)
            answer["nextPageToken"] = page[size - 1].LocalId;
        return answer;
    }

    public JsonObject Query(string project)
    {
        var all = users.All(project);
        return new() { ["recordsCount"] = $"{all.Count}", ["userInfo"] = new JsonArray([.. all.Take(MaxPage).Select(user => user.ToJson())]) };
    }

    /// <summary>Each account by itself; the answer names those that were not taken. Foreign password hashes are not kept.</summary>
    public JsonObject Create(string project, JsonObject request)
    {
        var errors = new JsonArray();
        var list = (request["users"] as JsonArray)?.OfType<JsonObject>().ToList() ?? throw new AuthException("MISSING_USER_ACCOUNT");
        for (var index = 0; index < list.Count; index++)
        {
            try
            {
                var user = new AuthUser(ReadLocalId(list[index]) ?? throw new AuthException("MISSING_LOCAL_ID"), time.GetUtcNow());
                users.AddOrReplace(project, AccountChange.Apply(user, list[index], admin: true, time.GetUtcNow()));
            }
            catch (AuthException refused)
            {
                errors.Add(new JsonObject { ["index"] = index, ["message"] = refused.Message });
            }
        }

        return new() { ["kind"] = "identitytoolkit#UploadAccountResponse", ["error"] = errors };
    }

    /// <summary>Only disabled accounts unless <c>force</c> is set; absent ones count as deleted.</summary>
    public JsonObject Delete(string project, JsonObject request)
    {
        var (errors, index) = (new JsonArray(), 0);
        foreach (var localId in Texts(request, "localIds"))
        {
            if (users.Find(project, localId) is { } user)
            {
                if (user.Disabled || Flag(request, "force") == true)
                    users.Delete(project, localId);
                else
                    errors.Add(new JsonObject { ["index"] = index, ["localId"] = localId, ["message"] = "NOT_DISABLED : Disable the account before batch deletion." });
            }

            index++;
        }

        return new() { ["errors"] = errors };
    }
}
