using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Proxy;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Proxy;

/// <summary>What a webhook says about those who send has the same effect as an answer that says it.</summary>
[Collection(ProxyCollection.Name)]
public sealed class ReportedFaultTests(ProxyUnderTest proxy)
{
    private const long Now = 4102444800;

    [Theory]
    [InlineData(190, "token_expired")]
    [InlineData(131031, "locked")]
    [InlineData(131042, "billing")]
    [InlineData(131057, "maintenance")]
    public async Task a_failed_receipt_with_the_code_of_a_pause_pauses_the_account(int code, string reason)
    {
        var account = await OpenAsync();

        await PostAsync(Messages(account.PhoneNumberId, statuses: [Failed(code)]));

        var pause = (await PauseAsync(account.Id))!;
        Assert.Equal((reason, $"{code}", "webhook"), (pause.Reason, pause.Code, pause.By));
    }

    [Fact]
    public async Task an_error_of_the_number_itself_pauses_the_account()
    {
        var account = await OpenAsync();

        await PostAsync(Messages(account.PhoneNumberId, errors: [new { code = 368, title = "Temporarily blocked for policies violations" }]));

        Assert.Equal("restricted", (await PauseAsync(account.Id))!.Reason);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    public async Task an_error_of_the_number_that_is_told_late_does_not_pause_an_account_that_was_resumed_since(int secondsAfter, bool pauses)
    {
        var account = await OpenAsync();
        var resumed = DateTimeOffset.FromUnixTimeSeconds(Now);
        await proxy.SetAsync(FirestorePaths.Account(account.Id), new DocumentFields
        {
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.PhoneNumberId] = account.PhoneNumberId,
            [AccountFields.LastPause] = FirestoreValue.From(new DocumentFields { ["code"] = "368", ["resumedAt"] = resumed }),
        });

        await PostAsync(Messages(account.PhoneNumberId, errors: [new { code = 368, title = "Temporarily blocked" }], time: Now + secondsAfter));

        Assert.Equal(pauses, await PauseAsync(account.Id) is not null);
    }

    [Fact]
    public async Task the_policy_of_the_fleet_has_one_name_for_workers_and_proxies()
    {
        await using var other = ProxyHost.Create(["--FIREBASE_PROJECT_ID", "demo", "--Sending:OnUnknownOutcome", "ResendAfterSilence"]);

        Assert.Equal(UnknownOutcomePolicy.ResendAfterSilence, other.Services.GetRequiredService<IOptions<IntakeOptions>>().Value.OnUnknownOutcome);
    }

    [Theory]
    [InlineData(131026)]
    [InlineData(131049)]
    [InlineData(131016)]
    [InlineData(131056)]
    [InlineData(999999)]
    public async Task a_receipt_that_concerns_its_message_only_pauses_nobody(int code)
    {
        var account = await OpenAsync();

        await PostAsync(Messages(account.PhoneNumberId, statuses: [Failed(code)]));

        Assert.Null(await PauseAsync(account.Id));
    }

    [Fact]
    public async Task a_delivery_that_comes_twice_changes_nothing_the_second_time()
    {
        var account = await OpenAsync();
        var body = Messages(account.PhoneNumberId, statuses: [.. Enumerable.Range(0, 50).Select(_ => Failed(190))]);
        await PostAsync(body);
        var first = await proxy.FindAsync(FirestorePaths.Account(account.Id));

        await PostAsync(body);

        Assert.Equal(first!.UpdateTime, (await proxy.FindAsync(FirestorePaths.Account(account.Id)))!.UpdateTime);
    }

    [Fact]
    public async Task a_receipt_that_names_its_template_as_paused_stops_the_template()
    {
        var account = await OpenAsync();
        var requestId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var writes = OutboxWorld.QueuedWrites(requestId, $"{account.Id}__40712345678@s.whatsapp.net", account.Id);
        writes[0].Fields["payload"] = FirestoreValue.From(new DocumentFields
        {
            ["type"] = "template",
            ["template"] = FirestoreValue.From(new DocumentFields { ["name"] = "offer", ["language"] = FirestoreValue.From(new DocumentFields { ["code"] = "ro" }) }),
        });
        Assert.IsType<CommitOutcome.Committed>(await proxy.Firestore.CommitAsync(writes, "test", CancellationToken.None));

        await PostAsync(Messages(account.PhoneNumberId, statuses: [Failed(132015, $"{requestId}:1")]));

        Assert.Equal("132015", (await TemplatesAsync(account.Id)).Map("offer|ro")?.Text("code"));
        Assert.Null(await PauseAsync(account.Id));
    }

    [Fact]
    public async Task a_templates_review_stops_it_and_lets_it_go_again()
    {
        var account = await OpenAsync();

        await PostAsync(Review(account.WabaId, "PAUSED"));
        Assert.Equal("132015", (await TemplatesAsync(account.Id)).Map("offer|en_US")?.Text("code"));

        await PostAsync(Review(account.WabaId, "APPROVED"));
        Assert.Empty(await TemplatesAsync(account.Id));
    }

    [Theory]
    [InlineData("""{"entry":[{"changes":[{"field":"messages","value":{"errors":[{"code":"190"},{},null,5],"metadata":{"phone_number_id":7}}}]}]}""")]
    [InlineData("""{"entry":[{"id":5,"changes":[{"field":"message_template_status_update","value":{"event":5}}]}]}""")]
    [InlineData("""{"errors":[{"code":190}]}""")]
    [InlineData("\"errors\"")]
    public async Task what_makes_no_sense_is_acknowledged(string body) => await PostAsync(body);

    private static object Failed(int code, string? opaque = null) => new
    {
        id = $"wamid.{Guid.NewGuid():N}",
        status = "failed",
        timestamp = $"{Now}",
        biz_opaque_callback_data = opaque ?? "nobody:1",
        errors = new[] { new { code, title = "a title" } },
    };

    private static string Messages(string phoneNumberId, object[]? statuses = null, object[]? errors = null, long? time = null) => JsonSerializer.Serialize(new
    {
        entry = new[] { new { id = "waba", time, changes = new[] { new { field = "messages", value = new { metadata = new { phone_number_id = phoneNumberId }, statuses, errors } } } } },
    });

    private static string Review(string wabaId, string @event) => JsonSerializer.Serialize(new
    {
        entry = new[]
        {
            new
            {
                id = wabaId,
                changes = new[] { new { field = "message_template_status_update", value = new { @event, message_template_name = "offer", message_template_language = "en_US" } } },
            },
        },
    });

    private async Task<(string Id, string PhoneNumberId, string WabaId)> OpenAsync()
    {
        var id = ProxyUnderTest.Next("reported-account");
        await proxy.SetAsync(FirestorePaths.Account(id), new DocumentFields
        {
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.PhoneNumberId] = $"number-of-{id}",
            [AccountFields.WabaId] = $"waba-of-{id}",
            [AccountFields.Status] = "connected",
        });
        return (id, $"number-of-{id}", $"waba-of-{id}");
    }

    private async Task<SendPause?> PauseAsync(string accountId) =>
        (await proxy.FindAsync(FirestorePaths.Account(accountId)))!.Fields.Map(AccountFields.SendPaused) is { } stored ? SendPause.Read(stored) : null;

    private async Task<DocumentFields> TemplatesAsync(string accountId) =>
        (await proxy.FindAsync(FirestorePaths.Account(accountId)))!.Fields.Map(AccountFields.PausedTemplates) ?? [];

    private async Task PostAsync(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), bytes));
        var answer = await ProxyUnderTest.SendAsync(
            proxy.Client, HttpMethod.Post, "/webhooks/whatsapp", null, new ByteArrayContent(bytes), ("X-Hub-Signature-256", signature));
        Assert.Equal(200, answer.Status);
    }
}
