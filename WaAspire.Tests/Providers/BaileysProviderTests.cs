using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Providers.Baileys;
using WaAspire.Worker.Sending;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Providers;

/// <summary>The one call to the gateway, against a server that breaks where the test says.</summary>
public sealed class BaileysProviderTests : ProviderContract
{
    private static readonly Account _account = new("account", Account.Baileys, "connected", null, false);
    private static readonly OwnershipOptions _ownership = new();
    private readonly LinkedFiles _files = new(Options.Create(new LinkedFileOptions()), TimeProvider.System);
    private readonly OwnedAccounts _owned = new(Options.Create(_ownership), TimeProvider.System);

    [Fact]
    public async Task every_attempt_of_a_message_has_the_same_id_in_whatsapps_shape()
    {
        var first = Assert.IsType<SendOutcome.Accepted>((await SendAsync(ProviderFate.Accepts)).Outcome);
        var second = Assert.IsType<SendOutcome.Accepted>((await SendAsync(ProviderFate.Accepts)).Outcome);

        Assert.Equal(first, second);
        Assert.Matches("^3EB0[0-9A-F]{18}$", first.ProviderMessageId);
        Assert.NotEqual(TransportMessageId.Of("r"), TransportMessageId.Of("another"));
    }

    [Theory]
    [InlineData(409, """{"error":"not_connected"}""")]
    [InlineData(409, """{"error":"stale_epoch"}""")]
    [InlineData(404, """{"error":"unknown_session"}""")]
    [InlineData(429, """{"error":"too_many_sends"}""")]
    [InlineData(503, """{"error":"draining"}""")]
    [InlineData(200, """{"outcome":"rejected","code":"not_connected","retryable":true}""")]
    public async Task a_gateway_that_cannot_send_now_costs_no_attempt(int status, string answer) =>
        Assert.IsType<SendOutcome.Deferred>(await SendAsync(status, answer));

    [Fact]
    public async Task what_the_gateway_does_not_know_is_doubt() =>
        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(200, """{"outcome":"unknown","reason":"ack_timeout"}"""));

    [Fact]
    public async Task no_new_conversations_for_now_is_no_reason_to_try_again() =>
        Assert.Equal("463", Assert.IsType<SendOutcome.Rejected>(await SendAsync(200, """{"outcome":"rejected","code":"463","retryable":false}""")).Fault.Code);

    [Fact]
    public async Task a_session_that_this_worker_does_not_hold_is_not_sent_through()
    {
        await using var gateway = new BreakingServer((_, stream) => AnswerAsync(stream, 200, """{"outcome":"accepted"}"""));
        using var client = Client(gateway.Url.Port);
        var provider = Provider(client);
        Assert.IsType<SendOutcome.Deferred>(await provider.SendAsync(_account, Message(), CancellationToken.None));

        Own(TimeProvider.System.GetTimestamp() - (long)(_ownership.Trust.TotalSeconds * TimeProvider.System.TimestampFrequency));
        Assert.IsType<SendOutcome.Deferred>(await provider.SendAsync(_account, Message(), CancellationToken.None));

        Own(TimeProvider.System.GetTimestamp());
        Assert.IsType<SendOutcome.Accepted>(await provider.SendAsync(_account, Message(), CancellationToken.None));
        Assert.Equal(1, gateway.Requests);
    }

    [Fact]
    public async Task a_gateway_that_lives_and_answers_nothing_costs_one_attempt_and_no_more()
    {
        Own(TimeProvider.System.GetTimestamp());
        var isMute = true;
        await using var gateway = new BreakingServer((_, stream) => isMute ? Task.FromResult(false) : AnswerAsync(stream, 200, """{"outcome":"accepted"}"""));
        var time = new ManualTime();
        using var client = Client(gateway.Url.Port, time);
        var provider = Provider(client);
        Assert.IsType<SendOutcome.Uncertain>(await provider.SendAsync(_account, Message(), CancellationToken.None));

        time.Advance(new GatewayOptions().CommandTimeout);
        Assert.IsType<SendOutcome.Deferred>(await provider.SendAsync(_account, Message(), CancellationToken.None));
        Assert.Equal(1, gateway.Requests);

        isMute = false;
        Assert.IsType<GatewayReply.Answer>(await client.PostAsync("/sessions/renew", [], TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.IsType<SendOutcome.Accepted>(await provider.SendAsync(_account, Message(), CancellationToken.None));
    }

    protected override async Task<(SendOutcome Outcome, int Arrived)> SendAsync(ProviderFate fate)
    {
        Own(TimeProvider.System.GetTimestamp());
        var hang = new TaskCompletionSource();
        await using var gateway = new BreakingServer(async (_, stream) => fate switch
        {
            ProviderFate.Accepts => await AnswerAsync(stream, 200, """{"outcome":"accepted","at":1767225600}"""),
            ProviderFate.RefusesForGood => await AnswerAsync(stream, 200, """{"outcome":"rejected","code":"not_on_whatsapp","retryable":false}"""),
            ProviderFate.RefusesForNow => await AnswerAsync(stream, 200, """{"outcome":"rejected","code":"device_lookup_failed","retryable":true}"""),
            ProviderFate.AnswersNonsense => await AnswerAsync(stream, 200, "<html></html>"),
            ProviderFate.NeverAnswers => await hang.Task.ContinueWith(_ => false, TaskScheduler.Current),
            _ => false,
        });
        using var client = Client(fate == ProviderFate.IsUnreachable ? 1 : gateway.Url.Port);
        var outcome = await Provider(client, fate == ProviderFate.NeverAnswers ? TimeSpan.FromSeconds(2) : null).SendAsync(_account, Message(), CancellationToken.None);
        hang.SetResult();
        return (outcome, gateway.Requests);
    }

    private async Task<SendOutcome> SendAsync(int status, string answer)
    {
        Own(TimeProvider.System.GetTimestamp());
        await using var gateway = new BreakingServer((_, stream) => AnswerAsync(stream, status, answer));
        using var client = Client(gateway.Url.Port);
        return await Provider(client).SendAsync(_account, Message(), CancellationToken.None);
    }

    private void Own(long renewed) => _owned.Add(
        new OwnedAccount(new LeaseTerm(_account.Id, 3, DateTimeOffset.UnixEpoch, renewed), new SessionFence(_account.Id, 3)) { IsConnected = true });

    private BaileysProvider Provider(GatewayClient client, TimeSpan? sendTimeout = null) =>
        new(_owned, client, new BaileysLetters(_files), Options.Create(new SendingOptions { SendTimeout = sendTimeout ?? TimeSpan.FromSeconds(20) }), Options.Create(new LinkedFileOptions()), new Random(1));

    private static GatewayClient Client(int port, TimeProvider? time = null)
    {
        var client = new GatewayClient(Options.Create(new GatewayOptions()), time ?? TimeProvider.System);
        client.Attach(port, "a-token");
        return client;
    }

    private static async Task<bool> AnswerAsync(Stream stream, int status, string body)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        return true;
    }

    private static ClaimedMessage Message() => new(
        new OutboxDocument
        {
            RequestId = "r",
            CreateTime = DateTimeOffset.UnixEpoch,
            UpdateTime = DateTimeOffset.UnixEpoch,
            Status = OutboxStatus.Processing,
            ToJid = "40712345678@s.whatsapp.net",
            Body = "Bună ziua",
            ClaimSeq = 1,
            AttemptCount = 1,
        },
        0);
}
