using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Providers;

/// <summary>The one call to Meta, against a server that breaks where the test says. It counts requests: a resend cannot hide.</summary>
public sealed class CloudApiProviderTests : ProviderContract
{
    private const string Ok = """{"messaging_product":"whatsapp","messages":[{"id":"wamid.1"}]}""";
    private static readonly Account _account = new("account", "cloud_api", "connected", "100000000000001", false);

    [Fact]
    public async Task an_answer_with_an_id_is_an_acceptance()
    {
        await using var meta = new BreakingServer(async (_, stream) => { await BreakingServer.AnswerAsync(stream, Ok); return true; });

        Assert.Equal(new SendOutcome.Accepted("wamid.1"), await SendAsync(Provider(meta.Url)));
    }

    [Fact]
    public async Task a_stale_pooled_connection_does_not_send_the_message_twice()
    {
        // The first request is answered and its connection kept; the second arrives whole on it and the connection ends without an answer.
        await using var meta = new BreakingServer(async (number, stream) =>
        {
            if (number == 1)
            {
                await BreakingServer.AnswerAsync(stream, Ok);
            }

            return number == 1;
        });
        var provider = Provider(meta.Url);
        await SendAsync(provider);

        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(provider));
        Assert.Equal((2, 1), (meta.Requests, meta.Connections));
    }

    [Fact]
    public async Task a_connection_that_is_refused_is_no_attempt()
    {
        var retry = Assert.IsType<SendOutcome.RetryLater>(await SendAsync(Provider(new Uri("http://127.0.0.1:1"))));

        Assert.False(retry.SpendsAttempt);
        Assert.Equal("connect", retry.Fault.Code);
    }

    [Fact]
    public async Task a_name_that_does_not_resolve_is_no_attempt() =>
        Assert.False(Assert.IsType<SendOutcome.RetryLater>(await SendAsync(Provider(new Uri("http://no-such-host.invalid")))).SpendsAttempt);

    [Fact]
    public async Task no_answer_in_time_is_doubt()
    {
        var hang = new TaskCompletionSource();
        await using var meta = new BreakingServer(async (_, _) => { await hang.Task; return false; });

        var outcome = await SendAsync(Provider(meta.Url, TimeSpan.FromMilliseconds(300)));

        Assert.Equal(new SendOutcome.Uncertain("no answer in time"), outcome);
        hang.SetResult();
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"messages":[]}""")]
    [InlineData(200, """{"messages":[{"id":""}]}""")]
    [InlineData(200, "<html>a proxy's page</html>")]
    [InlineData(502, "<html>Bad gateway</html>")]
    [InlineData(500, """{"error":{"message":"no code"}}""")]
    [InlineData(307, "")]
    public async Task an_answer_without_metas_body_is_doubt(int status, string body)
    {
        await using var meta = new BreakingServer((_, stream) => AnswerAsync(stream, status, body));

        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(Provider(meta.Url)));
        Assert.Equal(1, meta.Requests);
    }

    [Fact]
    public async Task half_an_answer_is_doubt()
    {
        await using var meta = new BreakingServer(async (_, stream) => { await BreakingServer.AnswerAsync(stream, Ok, Ok.Length + 100); return false; });

        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(Provider(meta.Url)));
    }

    /// <summary>Meta's codes and what they mean: the delay is a whole number of seconds where the table fixes it, -1 where it is backoff.</summary>
    [Theory]
    [InlineData(131000, 500, nameof(SendOutcome.RetryLater), true)]
    [InlineData(1, 400, nameof(SendOutcome.RetryLater), true)]
    [InlineData(2, 503, nameof(SendOutcome.RetryLater), false)]
    [InlineData(4, 429, nameof(SendOutcome.RetryLater), false)]
    [InlineData(130429, 400, nameof(SendOutcome.RetryLater), false)]
    [InlineData(131056, 400, nameof(SendOutcome.RetryLater), false)]
    [InlineData(190, 401, nameof(SendOutcome.RetryLater), false)]
    [InlineData(210, 403, nameof(SendOutcome.RetryLater), false)]
    [InlineData(131031, 403, nameof(SendOutcome.RetryLater), false)]
    [InlineData(131026, 400, nameof(SendOutcome.Rejected), false)]
    [InlineData(131047, 400, nameof(SendOutcome.Rejected), false)]
    [InlineData(100, 400, nameof(SendOutcome.Rejected), false)]
    [InlineData(999999, 500, nameof(SendOutcome.RetryLater), true)]
    [InlineData(999999, 400, nameof(SendOutcome.Rejected), false)]
    public async Task a_refusal_with_a_code_is_definite(int code, int status, string outcome, bool spendsAttempt)
    {
        await using var meta = new BreakingServer((_, stream) => AnswerAsync(stream, status, "{\"error\":{\"message\":\"refused\",\"code\":" + code + "}}"));

        var answer = await SendAsync(Provider(meta.Url));

        Assert.Equal(outcome, answer.GetType().Name);
        Assert.Equal(spendsAttempt, answer is SendOutcome.RetryLater { SpendsAttempt: true });
    }

    [Fact]
    public async Task a_message_that_cannot_go_to_a_phone_number_never_leaves()
    {
        await using var meta = new BreakingServer(async (_, stream) => { await BreakingServer.AnswerAsync(stream, Ok); return true; });
        var provider = Provider(meta.Url);

        Assert.IsType<SendOutcome.Rejected>(await provider.SendAsync(_account, Message("120363012345678901@g.us"), CancellationToken.None));
        Assert.IsType<SendOutcome.Rejected>(await provider.SendAsync(_account, Message("[object Object]"), CancellationToken.None));
        Assert.IsType<SendOutcome.RetryLater>(await provider.SendAsync(_account with { PhoneNumberId = null }, Message(), CancellationToken.None));
        Assert.Equal(0, meta.Requests);
    }

    [Fact]
    public async Task a_kind_that_cannot_be_sent_is_refused_by_name_and_never_leaves()
    {
        await using var meta = new BreakingServer(async (_, stream) => { await BreakingServer.AnswerAsync(stream, Ok); return true; });
        var message = Message();
        message = message with { Message = message.Message with { Payload = new() { ["type"] = "poll", ["poll"] = FirestoreValue.From(new DocumentFields()) } } };

        var rejected = Assert.IsType<SendOutcome.Rejected>(await Provider(meta.Url).SendAsync(_account, message, CancellationToken.None));

        Assert.Equal("payload", rejected.Fault.Code);
        Assert.Equal(0, meta.Requests);
    }

    private static async Task<bool> AnswerAsync(Stream stream, int status, string body)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        return true;
    }

    protected override async Task<(SendOutcome Outcome, int Arrived)> SendAsync(ProviderFate fate)
    {
        var hang = new TaskCompletionSource();
        await using var meta = new BreakingServer(async (_, stream) => fate switch
        {
            ProviderFate.Accepts => await AnswerAsync(stream, 200, Ok),
            ProviderFate.RefusesForGood => await AnswerAsync(stream, 400, """{"error":{"code":131026}}"""),
            ProviderFate.RefusesForNow => await AnswerAsync(stream, 500, """{"error":{"code":131000}}"""),
            ProviderFate.AnswersNonsense => await AnswerAsync(stream, 200, "<html></html>"),
            ProviderFate.NeverAnswers => await hang.Task.ContinueWith(_ => false, TaskScheduler.Current),
            _ => false,
        });
        var url = fate == ProviderFate.IsUnreachable ? new Uri("http://127.0.0.1:1") : meta.Url;
        var outcome = await SendAsync(Provider(url, fate == ProviderFate.NeverAnswers ? TimeSpan.FromSeconds(2) : null));
        hang.SetResult();
        return (outcome, meta.Requests);
    }

    private static Task<SendOutcome> SendAsync(CloudApiProvider provider) => provider.SendAsync(_account, Message(), CancellationToken.None);

    private static CloudApiProvider Provider(Uri url, TimeSpan? sendTimeout = null)
    {
        var api = new CloudApiOptions { BaseUrl = url.ToString().TrimEnd('/') + "/v25.0", AccessToken = "a-token" };
        var sending = new SendingOptions { SendTimeout = sendTimeout ?? TimeSpan.FromSeconds(20) };
        return new CloudApiProvider(GraphClient.Create(api), Options.Create(api), Tokens.Configured(api), Options.Create(sending), new Random(1), TimeProvider.System);
    }

    private static ClaimedMessage Message(string toJid = "40712345678@s.whatsapp.net") => new(
        new OutboxDocument
        {
            RequestId = "r",
            CreateTime = DateTimeOffset.UnixEpoch,
            UpdateTime = DateTimeOffset.UnixEpoch,
            Status = OutboxStatus.Processing,
            ToJid = toJid,
            Body = "Bună ziua",
            ClaimSeq = 1,
            AttemptCount = 1,
        },
        0);
}
