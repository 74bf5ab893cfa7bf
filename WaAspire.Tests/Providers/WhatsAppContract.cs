using System.Globalization;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Providers;

/// <summary>What becomes of one request at WhatsApp and on the way to it.</summary>
public enum WhatsAppFate
{
    Accepted,

    /// <summary>After a while, and inside the time that a send may take.</summary>
    AcceptedSlowly,

    /// <summary>Long after the caller has given up.</summary>
    AcceptedLate,

    /// <summary>The connection breaks before the answer.</summary>
    AcceptedAndDropped,

    /// <summary>The answer never comes.</summary>
    AcceptedAndHung,

    /// <summary>A machine in between answers in WhatsApp's place.</summary>
    AcceptedBehindABadGateway,

    /// <summary>The request has left, the connection breaks, and WhatsApp does not take it.</summary>
    Dropped,

    /// <summary>No answer, and WhatsApp does not take it.</summary>
    Hung,

    /// <summary>An error without a word of WhatsApp's.</summary>
    RefusedByAMachineInBetween,

    Unreachable,
}

/// <summary>One request as WhatsApp took it.</summary>
/// <param name="Id">WhatsApp's.</param>
/// <param name="Opaque">What the sender asked to be given back.</param>
/// <param name="Phone">Digits.</param>
public sealed record TakenRequest(string Id, string? Opaque, string Phone);

/// <summary>One receipt as a receiver of webhooks gets it.</summary>
public sealed record ToldReceipt(string Id, string? Opaque, string Word, DateTimeOffset At);

/// <summary>
/// WhatsApp as the worker sees it, through the shipped provider: what it says, what it has taken, and what it tells
/// afterwards. The simulated one keeps this contract and the one that speaks HTTP keeps it, or a proof with the former
/// says nothing about the latter.
/// </summary>
public abstract class WhatsAppContract : ProviderContract
{
    protected const string Phone = "40712345678";
    private static readonly string _request = new('a', 64);
    private static readonly string[] _ranks = ["sent", "delivered", "read"];

    /// <summary>One code of every class that the table knows: by what becomes of the message and by who must pause; and one that it does not know.</summary>
    public static TheoryData<int> Codes => [.. ErrorTable.Codes.GroupBy(Class).Select(codes => codes.Min()), UnknownCode];

    private const int UnknownCode = 999_999;

    [Fact]
    public async Task an_acceptance_is_one_line_of_the_log_under_the_id_that_was_answered()
    {
        var accepted = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted));

        Assert.Equal([new TakenRequest(accepted.ProviderMessageId, $"{_request}:1", Phone)], await TakenAsync(1));
    }

    [Fact]
    public async Task who_asks_twice_is_given_two_bubbles()
    {
        var first = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted));
        var second = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted));

        Assert.NotEqual(first.ProviderMessageId, second.ProviderMessageId);
        Assert.Equal(
            [(first.ProviderMessageId, $"{_request}:1"), (second.ProviderMessageId, $"{_request}:1")], (await TakenAsync(2)).Select(taken => (taken.Id, taken.Opaque)));
    }

    [Fact]
    public async Task an_answer_that_takes_its_time_is_an_answer()
    {
        var accepted = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.AcceptedSlowly));

        Assert.Equal(accepted.ProviderMessageId, Assert.Single(await TakenAsync(1)).Id);
    }

    [Theory]
    [InlineData(WhatsAppFate.AcceptedAndDropped)]
    [InlineData(WhatsAppFate.AcceptedAndHung)]
    [InlineData(WhatsAppFate.AcceptedBehindABadGateway)]
    public async Task what_was_accepted_without_an_answer_is_doubt_and_on_the_phone(WhatsAppFate fate)
    {
        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(fate));

        Assert.Equal($"{_request}:1", Assert.Single(await TakenAsync(1)).Opaque);
        Assert.All(await ReceiptsAsync(3), receipt => Assert.Equal($"{_request}:1", receipt.Opaque));
    }

    [Theory]
    [InlineData(WhatsAppFate.Dropped)]
    [InlineData(WhatsAppFate.Hung)]
    [InlineData(WhatsAppFate.RefusedByAMachineInBetween)]
    public async Task what_was_neither_accepted_nor_answered_is_the_same_doubt_and_on_no_phone(WhatsAppFate fate)
    {
        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(fate));

        await OnlyTheNextIsTakenAsync();
    }

    [Fact]
    public async Task what_is_accepted_after_everybody_has_given_up_is_on_the_phone_all_the_same()
    {
        Assert.IsType<SendOutcome.Uncertain>(await SendAsync(WhatsAppFate.AcceptedLate));
        Assert.Empty(await TakenAsync(0));

        Assert.Equal($"{_request}:1", Assert.Single(await TakenAsync(1)).Opaque);
        Assert.Equal(_ranks, (await ReceiptsAsync(3)).Select(receipt => receipt.Word));
    }

    [Fact]
    public async Task without_a_connection_nothing_is_taken_and_nothing_is_spent()
    {
        Assert.False(Assert.IsType<SendOutcome.RetryLater>(await SendAsync(WhatsAppFate.Unreachable)).SpendsAttempt);

        await OnlyTheNextIsTakenAsync();
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task a_refusal_with_a_code_is_definite_and_the_message_on_no_phone(int code)
    {
        var outcome = await SendAsync(code, _request, 1);

        var (fate, pause) = Class(code);
        var fault = outcome switch
        {
            SendOutcome.Rejected rejected when fate == ErrorFate.Fail => rejected.Fault,
            SendOutcome.RetryLater later when fate != ErrorFate.Fail && later.SpendsAttempt == (fate == ErrorFate.Retry) => later.Fault,
            _ => throw new InvalidOperationException($"{code} is {fate}, and came to {outcome}"),
        };
        Assert.Equal((code.ToString(CultureInfo.InvariantCulture), pause), (fault.Code, fault.Rule!.Pause));
        await OnlyTheNextIsTakenAsync();
    }

    [Fact]
    public async Task receipts_come_in_rank_and_name_the_message_the_request_and_the_attempt()
    {
        var accepted = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted, _request, attempt: 3));

        var receipts = await ReceiptsAsync(3);

        Assert.Equal(_ranks.Select(word => (accepted.ProviderMessageId, $"{_request}:3", word)), receipts.Select(receipt => (receipt.Id, receipt.Opaque!, receipt.Word)));
        Assert.Equal(receipts.Select(receipt => receipt.At).Distinct().Order(), receipts.Select(receipt => receipt.At));
    }

    [Fact]
    public async Task a_receipt_that_is_not_taken_comes_again_as_it_was()
    {
        RefuseNextReceipt();
        var accepted = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted));

        var receipts = await ReceiptsAsync(3);

        Assert.Equal(_ranks.Order(), receipts.Select(receipt => receipt.Word).Order());
        Assert.Equal(_ranks, receipts.OrderBy(receipt => receipt.At).Select(receipt => receipt.Word));
        Assert.All(receipts, receipt => Assert.Equal((accepted.ProviderMessageId, $"{_request}:1"), (receipt.Id, receipt.Opaque)));
    }

    /// <summary>Sends into this fate; returns as soon as the sender knows what it will ever know.</summary>
    protected abstract Task<SendOutcome> SendAsync(WhatsAppFate fate, string requestId, long attempt);

    /// <summary>The same into a refusal with this code.</summary>
    protected abstract Task<SendOutcome> SendAsync(int code, string requestId, long attempt);

    /// <summary>What WhatsApp has taken up to now, in its order, as soon as there are so many; 0 waits for nothing.</summary>
    protected abstract Task<IReadOnlyList<TakenRequest>> TakenAsync(int count);

    /// <summary>The receipts that were taken, in the order of their arrival, as soon as there are so many.</summary>
    protected abstract Task<IReadOnlyList<ToldReceipt>> ReceiptsAsync(int count);

    /// <summary>The next webhook is answered with something else than 200.</summary>
    protected abstract void RefuseNextReceipt();

    /// <summary>How many requests have reached WhatsApp, as soon as there is one.</summary>
    protected abstract Task<int> ArrivedAsync();

    protected sealed override async Task<(SendOutcome Outcome, int Arrived)> SendAsync(ProviderFate fate)
    {
        var outcome = fate switch
        {
            ProviderFate.Accepts => await SendAsync(WhatsAppFate.Accepted),
            ProviderFate.RefusesForGood => await SendAsync(131026, _request, 1),
            ProviderFate.RefusesForNow => await SendAsync(131000, _request, 1),
            ProviderFate.IsUnreachable => await SendAsync(WhatsAppFate.Unreachable),
            ProviderFate.BreaksOffAfterTheRequest => await SendAsync(WhatsAppFate.AcceptedAndDropped),
            ProviderFate.NeverAnswers => await SendAsync(WhatsAppFate.AcceptedAndHung),
            _ => await SendAsync(WhatsAppFate.AcceptedBehindABadGateway),
        };
        return (outcome, fate == ProviderFate.IsUnreachable ? 0 : await ArrivedAsync());
    }

    protected static ClaimedMessage Message(string requestId, long attempt) => new(
        new OutboxDocument
        {
            RequestId = requestId,
            CreateTime = DateTimeOffset.UnixEpoch,
            UpdateTime = DateTimeOffset.UnixEpoch,
            Status = OutboxStatus.Processing,
            ToJid = $"{Phone}@s.whatsapp.net",
            Body = "Bună ziua",
            ClaimSeq = attempt,
            AttemptCount = 1,
        },
        0);

    private Task<SendOutcome> SendAsync(WhatsAppFate fate) => SendAsync(fate, _request, 1);

    /// <summary>What became of an earlier request would be in the log and told before this one.</summary>
    private async Task OnlyTheNextIsTakenAsync()
    {
        var accepted = Assert.IsType<SendOutcome.Accepted>(await SendAsync(WhatsAppFate.Accepted, _request, attempt: 2));

        Assert.Equal([new TakenRequest(accepted.ProviderMessageId, $"{_request}:2", Phone)], await TakenAsync(1));
        Assert.All(await ReceiptsAsync(3), receipt => Assert.Equal((accepted.ProviderMessageId, $"{_request}:2"), (receipt.Id, receipt.Opaque)));
    }

    private static (ErrorFate Fate, ErrorScope Pause) Class(int code)
    {
        // A code that nobody knows comes with a caller's fault, as most of Meta's do.
        var rule = ErrorTable.Find(code) ?? ErrorTable.OfClass(400);
        return (rule.Fate, rule.Pause);
    }
}
