using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Providers;

/// <summary>What the outside world may do with one request.</summary>
public enum ProviderFate
{
    Accepts,
    RefusesForGood,
    RefusesForNow,
    IsUnreachable,
    BreaksOffAfterTheRequest,
    NeverAnswers,
    AnswersNonsense,
}

/// <summary>What every provider must do: one request at most, and an outcome that says no more than is known.</summary>
public abstract class ProviderContract
{
    [Fact]
    public async Task an_acceptance_carries_the_providers_id() =>
        Assert.NotEmpty(Assert.IsType<SendOutcome.Accepted>((await SendAsync(ProviderFate.Accepts)).Outcome).ProviderMessageId);

    [Fact]
    public async Task a_refusal_for_good_is_a_dead_letter_with_its_code()
    {
        var rejected = Assert.IsType<SendOutcome.Rejected>((await SendAsync(ProviderFate.RefusesForGood)).Outcome);

        Assert.NotEmpty(rejected.Fault.Code);
    }

    [Fact]
    public async Task a_refusal_for_now_is_tried_again_and_counts() =>
        Assert.True(Assert.IsType<SendOutcome.RetryLater>((await SendAsync(ProviderFate.RefusesForNow)).Outcome).SpendsAttempt);

    [Fact]
    public async Task what_never_left_is_no_attempt() =>
        Assert.False(Assert.IsType<SendOutcome.RetryLater>((await SendAsync(ProviderFate.IsUnreachable)).Outcome).SpendsAttempt);

    [Theory]
    [InlineData(ProviderFate.BreaksOffAfterTheRequest)]
    [InlineData(ProviderFate.NeverAnswers)]
    [InlineData(ProviderFate.AnswersNonsense)]
    public async Task what_left_and_was_not_answered_is_doubt(ProviderFate fate) =>
        Assert.IsType<SendOutcome.Uncertain>((await SendAsync(fate)).Outcome);

    [Theory]
    [InlineData(ProviderFate.Accepts)]
    [InlineData(ProviderFate.RefusesForGood)]
    [InlineData(ProviderFate.RefusesForNow)]
    [InlineData(ProviderFate.BreaksOffAfterTheRequest)]
    [InlineData(ProviderFate.NeverAnswers)]
    [InlineData(ProviderFate.AnswersNonsense)]
    public async Task whatever_happens_the_request_leaves_once(ProviderFate fate) => Assert.Equal(1, (await SendAsync(fate)).Arrived);

    /// <summary>Sends one message into this fate; says what the provider made of it and how many requests arrived.</summary>
    protected abstract Task<(SendOutcome Outcome, int Arrived)> SendAsync(ProviderFate fate);
}
