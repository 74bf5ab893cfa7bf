using System.Text.Json.Nodes;
using WaAspire.Worker.Gateway;

namespace WaAspire.Tests.Providers;

/// <summary>
/// The gateway as its worker sees it, through the shipped client: whose commands it follows, and what it has sent. The
/// simulated one and the one with real sockets keep it alike.
/// </summary>
public abstract class GatewayContract
{
    private const int MostTries = 1000;
    private const string Person = "40712345678";
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task what_is_sent_twice_under_one_id_is_accepted_twice_and_one_bubble()
    {
        await ConnectAsync();

        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000001");
        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000001");
        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000002");

        Assert.Equal(["3EB0AA0000000000000001", "3EB0AA0000000000000002"], await BubblesAsync());
    }

    [Fact]
    public async Task what_went_out_without_an_answer_is_doubt_until_it_is_sent_again_under_its_id()
    {
        await ConnectAsync();
        await LoseNextAnswerAsync();

        await SendUntilAsync(IsDoubt, "3EB0AA0000000000000003");
        Assert.Equal(["3EB0AA0000000000000003"], await BubblesAsync());

        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000003");
        Assert.Equal(["3EB0AA0000000000000003"], await BubblesAsync());
    }

    [Fact]
    public async Task an_account_that_has_no_session_is_refused()
    {
        await ConnectAsync();

        Assert.Equal((404, "unknown_session"), Refusal(await PostAsync("/messages/send", Letter("3EB0AA0000000000000004"), accountId: "nobody")));
        Assert.Equal((404, "unknown_session"), Refusal(await PostAsync("/sessions/close", [], accountId: "nobody")));
        Assert.Equal([false, true], await RenewAsync(("nobody", Epoch), (AccountId, Epoch)));
        Assert.Empty(await BubblesAsync());
    }

    [Theory]
    [InlineData("/sessions/open", -1)]
    [InlineData("/sessions/close", -1)]
    [InlineData("/sessions/logout", -1)]
    [InlineData("/messages/send", -1)]
    [InlineData("/sessions/close", 1)]
    [InlineData("/messages/send", 1)]
    public async Task a_command_of_another_term_is_refused_and_the_session_goes_on(string command, int newer)
    {
        await ConnectAsync();

        Assert.Equal((409, "stale_epoch"), Refusal(await PostAsync(command, Letter("3EB0AA0000000000000005"), epoch: Epoch + newer)));
        Assert.Equal([false, true], await RenewAsync((AccountId, Epoch + newer), (AccountId, Epoch)));

        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000006");
        Assert.Equal(["3EB0AA0000000000000006"], await BubblesAsync());
    }

    [Fact]
    public async Task an_open_that_its_close_has_overtaken_is_refused_and_a_later_one_is_not()
    {
        await ConnectAsync();

        Assert.Equal((404, "unknown_session"), Refusal(await PostAsync("/sessions/close", Opening(2), accountId: "late")));
        Assert.Equal((409, "closed_meanwhile"), Refusal(await PostAsync("/sessions/open", Opening(1), accountId: "late")));
        Assert.Equal((409, "closed_meanwhile"), Refusal(await PostAsync("/sessions/open", Opening(2), accountId: "late")));
        Assert.Equal((409, "closed_meanwhile"), Refusal(await PostAsync("/sessions/open", Opening(9), accountId: "late", epoch: Epoch - 1)));
        Assert.Equal([false, true], await RenewAsync(("late", Epoch), (AccountId, Epoch)));

        await PostAsync("/sessions/close", Opening(1));
        Assert.Equal((409, "closed_meanwhile"), Refusal(await PostAsync("/sessions/open", Opening(1))));

        // The worker, which has not asked for that close, hears of it with its next renewal, and opens it once more.
        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000007");
        Assert.Equal((404, "unknown_session"), Refusal(await PostAsync("/sessions/close", Opening(1))));
        await SendUntilAsync(IsAccepted, "3EB0AA0000000000000008");
        Assert.Equal(["3EB0AA0000000000000007", "3EB0AA0000000000000008"], await BubblesAsync());
    }

    protected abstract string AccountId { get; }

    /// <summary>The term under which the worker holds the account.</summary>
    protected abstract long Epoch { get; }

    /// <summary>An account of its own, whose socket is open.</summary>
    protected abstract Task ConnectAsync();

    /// <summary>WhatsApp takes the next message, and nobody hears of it.</summary>
    protected abstract Task LoseNextAnswerAsync();

    /// <summary>The ids under which something came to somebody's phone, each once.</summary>
    protected abstract Task<IReadOnlyList<string>> BubblesAsync();

    /// <summary>For a moment.</summary>
    protected abstract Task WaitAsync();

    /// <summary>One command through the worker's client.</summary>
    protected abstract Task<GatewayReply> PostAsync(string command, JsonObject body, TimeSpan limit);

    /// <summary>By the clock that both processes share, in Unix milliseconds.</summary>
    protected abstract long InAMinute { get; }

    /// <summary>Its socket may have to come back first, and a machine that stands still lets questions of its own run out: the id stays the same.</summary>
    private async Task SendUntilAsync(Func<GatewayReply, bool> isIt, string messageId)
    {
        GatewayReply reply;
        for (var tries = 0; !isIt(reply = await PostAsync("/messages/send", Letter(messageId))); tries++)
        {
            Assert.True(tries < MostTries, $"it came to {reply}");
            await WaitAsync();
        }
    }

    private Task<GatewayReply> PostAsync(string command, JsonObject body, string? accountId = null, long? epoch = null)
    {
        (body["accountId"], body["epoch"]) = (accountId ?? AccountId, epoch ?? Epoch);
        body["opening"] ??= 1;
        return PostAsync(command, body, _limit);
    }

    /// <summary>Which of them there are.</summary>
    private async Task<IEnumerable<bool>> RenewAsync(params (string AccountId, long Epoch)[] named)
    {
        var leases = named.Select(lease => new JsonObject { ["accountId"] = lease.AccountId, ["epoch"] = lease.Epoch, ["leaseDeadline"] = InAMinute });
        var answer = Assert.IsType<GatewayReply.Answer>(await PostAsync("/sessions/renew", new JsonObject { ["leases"] = new JsonArray([.. leases]) }, _limit));
        return answer.Body.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("state").GetString() != "closed");
    }

    private JsonObject Letter(string messageId) => new()
    {
        ["messageId"] = messageId,
        ["to"] = $"{Person}@s.whatsapp.net",
        ["content"] = new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "Bună ziua" } },
        ["leaseDeadline"] = InAMinute,
    };

    private JsonObject Opening(int number) => new() { ["opening"] = number, ["leaseDeadline"] = InAMinute };

    private static bool IsAccepted(GatewayReply reply) => reply is GatewayReply.Answer { IsOk: true } answer && answer.Word("outcome") == "accepted";

    private static bool IsDoubt(GatewayReply reply) => reply is GatewayReply.Lost || (reply is GatewayReply.Answer { IsOk: true } answer && answer.Word("outcome") == "unknown");

    private static (int Status, string Word) Refusal(GatewayReply reply) => reply is GatewayReply.Answer answer ? (answer.Status, answer.Error) : (0, reply.ToString());
}
