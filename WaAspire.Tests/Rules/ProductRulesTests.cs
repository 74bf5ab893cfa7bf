using System.Text.RegularExpressions;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.FirebaseEmulator.Rules;
using Xunit.Abstractions;

namespace WaAspire.Tests.Rules;

public sealed partial class ProductRulesTests(ProductRulesFixture rules, ITestOutputHelper output) : IClassFixture<ProductRulesFixture>
{
    public static TheoryData<string> Rows() => new(new AccessTable().Rows.Select(row => row.Text));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task each_role_may_do_exactly_what_the_table_says(string text)
    {
        var row = rules.Table.Rows.Single(row => row.Text == text);
        foreach (var role in rules.Table.Roles)
        {
            rules.Table.Found(row, role, await rules.TryAsync(row, role));
        }

        var found = rules.Table.Print().Split('\n').Single(line => line.StartsWith(text, StringComparison.Ordinal));
        output.WriteLine(found);
        Assert.Equal(Squeeze($"{text} {string.Join(' ', rules.Table.Roles.Select(role => row.Cells[role]))}"), Squeeze(found));
    }

    [Fact]
    public void every_collection_of_the_rules_is_in_the_table()
    {
        var named = Collection().Matches(File.ReadAllText(Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.rules"))).Select(match => match.Groups[1].Value);
        Assert.Empty(named.Except(rules.Table.Rows.SelectMany(row => row.Path.Split('/'))));
    }

    [Fact]
    public async Task nobody_becomes_an_employee_by_a_commit_that_also_uses_it()
    {
        var client = new RulesClient(rules.Http, "escalation");
        await client.SetAsync("threads/open", """ "accountId":{"stringValue":"open"} """);
        var answer = await client.CommitAsync(
            client.As("stranger"),
            """{"update":{"name":"…/staffProfiles/stranger","fields":{"role":{"stringValue":"staff"}}}}""",
            """{"update":{"name":"…/threads/open","fields":{"assignedTo":{"stringValue":"E1"}}},"updateMask":{"fieldPaths":["assignedTo"]}}""");
        Assert.Equal("403 PERMISSION_DENIED", answer.Refusal);
    }

    [Fact]
    public async Task an_employee_assigns_with_a_server_time_and_cannot_slip_in_another_key_by_a_transform()
    {
        var client = new RulesClient(rules.Http, "transforms");
        await client.SetAsync("threads/open", """ "accountId":{"stringValue":"open"} """);
        await client.SetAsync("staffProfiles/employee", "");
        string Assign(string field) => $$"""
            {"update":{"name":"…/threads/open","fields":{"assignedTo":{"stringValue":"E1"} } },"updateMask":{"fieldPaths":["assignedTo"]},
             "updateTransforms":[{"fieldPath":"{{field}}","setToServerValue":"REQUEST_TIME"}]}
            """;
        (await client.CommitAsync(client.As("employee"), Assign("assignedAt"))).Ok();
        Assert.Equal("403 PERMISSION_DENIED", (await client.CommitAsync(client.As("employee"), Assign("ownerUid"))).Refusal);
    }

    [Fact]
    public async Task an_employee_lists_threads_of_several_accounts_only_if_all_are_open_to_staff()
    {
        var client = new RulesClient(rules.Http, "lists");
        await client.SetAsync("staffProfiles/employee", "");
        await client.SetAsync("config/whatsapp_inbox", """ "adminOnlyAccountIds":{"arrayValue":{"values":[{"stringValue":"shut"}]}} """);
        string In(params string[] accounts) => $$"""
            {"from":[{"collectionId":"threads"}],"where":{"fieldFilter":{"field":{"fieldPath":"accountId"},"op":"IN",
             "value":{"arrayValue":{"values":[{{string.Join(',', accounts.Select(account => $$"""{"stringValue":"{{account}}"}"""))}}]} } } } }
            """;
        (await client.QueryAsync(client.As("employee"), In("open", "second"))).Ok();
        Assert.Equal("403 PERMISSION_DENIED", (await client.QueryAsync(client.As("employee"), In("open", "shut"))).Refusal);
        var everywhere = """{"from":[{"collectionId":"messages","allDescendants":true}]}""";
        Assert.Equal("403 PERMISSION_DENIED", (await client.QueryAsync(client.As("employee"), everywhere)).Refusal);
    }

    private static string Squeeze(string line) => Blanks().Replace(line, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"match /(\w+)/\{\w+\} \{")]
    private static partial Regex Collection();
}
