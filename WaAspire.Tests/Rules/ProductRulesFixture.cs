using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.FirebaseEmulator.Rules;

namespace WaAspire.Tests.Rules;

/// <summary>An emulator under the product's own rules, and a company with somebody of each role.</summary>
public sealed class ProductRulesFixture : EmulatorFixture
{
    private static readonly Dictionary<string, string> Company = new()
    {
        ["staffProfiles/employee"] = Text("role", "staff"),
        ["staffProfiles/closed"] = Text("role", "staff"),
        ["staffProfiles/gm"] = Text("role", "gm"),
        ["staffProfiles/admin"] = Text("role", "admin"),
        ["staffProfiles/other"] = Text("role", "staff"),
        ["users/closed"] = """ "employeeWhatsAppAccountIds":{"arrayValue":{"values":[{"stringValue":"shut"}]}} """,
        ["users/owner"] = Text("myWhatsAppAccountId", "open"),
        ["users/closedowner"] = Text("myWhatsAppAccountId", "shut"),
        ["users/stranger"] = """ "myWhatsAppAccountId":{"nullValue":null} """,
        ["config/whatsapp_inbox"] = """ "adminOnlyAccountIds":{"arrayValue":{"values":[{"stringValue":"shut"}]}} """,
        ["threads/open"] = Text("accountId", "open"),
        ["threads/shut"] = Text("accountId", "shut"),
        ["threads/none"] = Text("clientJid", "40700000001@s.whatsapp.net"),
        ["threads/null"] = """ "accountId":{"nullValue":null},"ownerUid":{"stringValue":"x"} """,
    };

    private readonly AccessTable _table = new();

    protected override string[] Arguments => ["--Firestore:RulesFile", Path.Combine(RepositoryRoot, "firestore.rules")];

    public AccessTable Table => _table;

    public override async Task DisposeAsync()
    {
        _table.Save();
        await base.DisposeAsync();
    }

    /// <summary>What the role may do of the row, as a cell of the table.</summary>
    public async Task<string> TryAsync(AccessRow row, string role)
    {
        var client = new RulesClient(Http, $"{role}-rules");
        var (path, token) = (row.Path.Replace("{uid}", role, StringComparison.Ordinal), TokenOf(client, role));
        var cell = "";
        foreach (var operation in "GLCUD")
        {
            await SeedAsync(client, path, there: operation != 'C');
            cell += await IsAllowedAsync(client, token, operation, path, row) ? operation : '-';
        }

        return cell;
    }

    private static string? TokenOf(RulesClient client, string role) => role switch
    {
        "nobody" => null,
        "super" => client.As(role, ""","email":"Admin@Example.com","email_verified":true"""),
        "unverified" => client.As(role, ""","email":"admin@example.com","email_verified":false"""),
        _ => client.As(role, $$""","email":"{{role}}@example.org","email_verified":true"""),
    };

    /// <param name="there">Whether the document that is tried exists, other than a profile that would make an employee.</param>
    private static async Task SeedAsync(RulesClient client, string path, bool there)
    {
        var made = path.StartsWith("staffProfiles/", StringComparison.Ordinal) && !Company.ContainsKey(path) ? "threads/open" : path;
        var writes = Company.Select(document => Set(document.Key, document.Value)).Append(there ? Set(made, Company.GetValueOrDefault(made, Text("seeded", "x"))) : Delete(path));
        if (path.StartsWith("staffProfiles/", StringComparison.Ordinal) && !Company.ContainsKey(path))
            writes = writes.Append(Delete(path));
        (await client.CommitAsync("Bearer owner", [.. writes])).Ok();
    }

    /// <summary>Whether there is something to see or to write is not the question: 404 is as good as 200.</summary>
    private static async Task<bool> IsAllowedAsync(RulesClient client, string? token, char operation, string path, AccessRow row)
    {
        var answer = operation switch
        {
            'G' => await client.GetAsync(token, path),
            'L' => await client.QueryAsync(token, Query(path, row.Where), Parent(path)),
            'D' => await client.CommitAsync(token, Delete(path)),
            'C' => await client.CommitAsync(token, Set(path, Fields(row.Written))),
            _ => await client.CommitAsync(token, $$"""
                {"update":{"name":"…/{{path}}","fields":{ {{Fields(row.Written)}} } },"updateMask":{"fieldPaths":[{{string.Join(',', row.Written.Select(field => $"\"{field}\""))}}]} }
                """),
        };
        return (int)answer.Status switch
        {
            200 or 404 => true,
            403 => false,
            var status => throw new InvalidOperationException($"{operation} {path}: {status} {answer.Json}"),
        };
    }

    private static string Query(string path, string where)
    {
        var from = $$"""{"from":[{"collectionId":"{{path.Split('/')[^2]}}"}]""";
        return where.Split('=') is [var field, var value]
            ? $$"""{{from}},"where":{"fieldFilter":{"field":{"fieldPath":"{{field}}"},"op":"EQUAL","value":{"stringValue":"{{value}}"} } } }"""
            : from + "}";
    }

    private static string Parent(string path) => path.Split('/') is [.. var above, _, _] && above.Length > 0 ? "/" + string.Join('/', above) : "";

    private static string Set(string path, string fields) => $$"""{"update":{"name":"…/{{path}}","fields":{ {{fields}} } } }""";

    private static string Delete(string path) => $$"""{"delete":"…/{{path}}"}""";

    private static string Fields(IEnumerable<string> names) => string.Join(',', names.Select(name => Text(name, "written")));

    private static string Text(string name, string value) => $$""" "{{name}}":{"stringValue":"{{value}}"} """;
}
