using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Pacing;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// What an outcome means for others than its message. Before the record: this worker's own gate closes and the shared
/// buckets hear of it, so that the record knows when the message is due. After the record: the pause is stored and all
/// workers are told. If we die in between, the message is back in its place, and the next one meets the same error.
/// </summary>
public sealed class FaultEffects(
    AccountDirectory accounts,
    AccountPauses pauses,
    AccountMetrics metrics,
    RepeatedErrors repeated,
    IPacing pacing,
    ServerClock clock,
    IOptions<PacingOptions> options,
    ILogger<FaultEffects> logger)
{
    private readonly ConcurrentDictionary<string, bool> _storing = new(StringComparer.Ordinal);

    /// <summary>Why this message must not be sent although its account may; null when it may. Costs nothing.</summary>
    public SendOutcome? Refuse(OutboxDocument message) =>
        accounts.Find(message.AccountId ?? "")?.PausedTemplateOf(message) is { } code
            ? new SendOutcome.Rejected(new SendFault(code, "The template is paused", true))
            : null;

    /// <summary>Redis at most; the outcome comes back with the due time that the effect asks for.</summary>
    public async Task<SendOutcome> WeighAsync(PacedPair pair, SendOutcome outcome)
    {
        if (outcome is SendOutcome.Accepted)
        {
            return outcome;
        }

        if (FaultOf(outcome) is not { Rule: { } rule } fault)
        {
            return outcome;
        }

        metrics.Error(fault.Code);
        switch (rule.Pause)
        {
            case ErrorScope.Pair:
                var rest = await pacing.PairRefusedAsync(pair);
                return outcome is SendOutcome.RetryLater { Delay: var own } && own > rest ? outcome : Later(outcome, rest);
            case ErrorScope.Rate:
                await pacing.RateRefusedAsync(pair);
                return outcome;
            case ErrorScope.Provider when accounts.Find(pair.AccountId) is { WaitsForProvider: true }
                || await pacing.ProviderDownAsync(pair.AccountId) >= options.Value.DownAfter:
                // Nobody's backoff may outlast the outage: one lane tries again and again, the others follow at once.
                Hold(pair.AccountId, rule, fault);
                return Later(outcome, TimeSpan.Zero);
            case ErrorScope.NewContacts:
                accounts.HoldNewContacts(pair.AccountId, new SendPause(rule.Reason, fault.Code, null, clock.Now + rule.PauseFor, AccountFault.ByAnswer));
                return outcome;
            case ErrorScope.Account or ErrorScope.BusinessAccount or ErrorScope.App:
                Hold(pair.AccountId, rule, fault);
                return outcome;
            default:
                return outcome;
        }
    }

    /// <summary>Never throws for a store that is away: what is not stored now is met again.</summary>
    public async Task ActAsync(OutboxDocument message, SendOutcome outcome, OutboxStatus? state, CancellationToken work)
    {
        var accountId = message.AccountId!;
        try
        {
            if (outcome is SendOutcome.Accepted && accounts.Find(accountId) is { WaitsForProvider: true })
            {
                accounts.LetGo(accountId);
                await pauses.ResumeAsync(accountId, AccountFault.ByAnswer, pause => pause.IsProviderDown, work);
            }

            if (FaultOf(outcome) is { Rule: { } rule } fault)
            {
                Alert(accountId, rule, fault, state);
                await StoreAsync(message, rule, fault, work);
            }
        }
        catch (Exception exception) when (exception is FirestoreException or OperationCanceledException)
        {
            logger.AccountChangeNotStored(accountId, exception.Message);
        }
    }

    /// <summary>Of many lanes that meet the same error at once, one stores it.</summary>
    private async Task StoreAsync(OutboxDocument message, ErrorRule rule, SendFault fault, CancellationToken work)
    {
        var accountId = message.AccountId!;
        var template = rule.Pause == ErrorScope.Template ? TemplateName.Of(message.Payload) : null;
        var isNew = template is not null || ((rule.PausesSenders || rule.Pause == ErrorScope.Provider) && accounts.Find(accountId)?.Pause is { Since: null })
            || (rule.Pause == ErrorScope.NewContacts && accounts.Find(accountId)?.NewContacts is { Since: null });
        if (!isNew || !_storing.TryAdd(accountId, true))
        {
            return;
        }

        try
        {
            await pauses.ApplyAsync(new AccountFault(accountId, rule, fault.Code, AccountFault.ByAnswer) { Hint = fault.Hint, Template = template }, work);
            await accounts.ReadAsync(accountId, work);
        }
        finally
        {
            _storing.TryRemove(accountId, out _);
        }
    }

    /// <summary>A pause without <c>since</c> is this worker's own, and not stored yet. One that is stronger stays.</summary>
    private void Hold(string accountId, ErrorRule rule, SendFault fault)
    {
        var next = new SendPause(rule.Reason, fault.Code, null, rule.PauseFor is { } length ? clock.Now + length : null, AccountFault.ByAnswer);
        if (accounts.Find(accountId) is { } account && account.Pause?.YieldsTo(next, clock.Now) != false)
        {
            accounts.Hold(accountId, next);
        }
    }

    private void Alert(string accountId, ErrorRule rule, SendFault fault, OutboxStatus? state)
    {
        if ((rule.Alert && (rule.Fate != ErrorFate.Retry || state == OutboxStatus.Failed)) || (rule.AlertIfRepeated && repeated.Add(accountId, fault.Code)))
        {
            metrics.Alert(fault.Code);
            logger.NeedsAPerson(accountId, fault.Code, fault.Title);
        }
    }

    private static SendFault? FaultOf(SendOutcome outcome) => outcome switch
    {
        SendOutcome.RetryLater retry => retry.Fault,
        SendOutcome.Rejected rejected => rejected.Fault,
        _ => null,
    };

    private static SendOutcome Later(SendOutcome outcome, TimeSpan delay) => outcome is SendOutcome.RetryLater retry ? retry with { Delay = delay } : outcome;
}
