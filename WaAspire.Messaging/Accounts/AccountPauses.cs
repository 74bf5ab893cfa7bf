using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Accounts;

/// <summary>What became of a pause or a resume.</summary>
public enum PauseResult
{
    Done,

    /// <summary>It says nothing new: already so, out of date, or weaker than what stands.</summary>
    Unchanged,

    NotFound,

    /// <summary>Others changed the account again and again, or the store gave no answer.</summary>
    Conflict,
}

/// <summary>
/// The only place that stops accounts and templates from sending, and lets them again: for workers, webhooks and people.
/// Enters: what an error asks for. Leaves: <c>sendPaused</c> or <c>pausedTemplates</c> in <c>accounts/{id}</c>, an event,
/// and a signal to all workers. Each change carries the update time that it was decided on, so that of a hundred lanes that
/// meet the same error one writes. If we die before the write, the next message meets the error and tells again.
/// </summary>
public sealed partial class AccountPauses(
    IFirestore firestore,
    CommitBatcher commits,
    AccountSignal signal,
    AccountMetrics metrics,
    IOptions<AccountPauseOptions> options,
    ILogger<AccountPauses> logger)
{
    private const string Purpose = "account-pause";
    private const int Rounds = 5;
    private readonly AccountPauseOptions _options = options.Value;

    /// <summary>Pauses whom the error concerns. Safe to repeat; a pause that would have ended by now is not begun.</summary>
    /// <exception cref="FirestoreException">The store cannot be reached.</exception>
    public async Task ApplyAsync(AccountFault fault, CancellationToken cancellationToken)
    {
        if (fault.Rule.Pause == ErrorScope.Template)
        {
            await (fault.Template is { } template ? PauseTemplateAsync(fault, template, cancellationToken) : Task.CompletedTask);
            return;
        }

        if (fault.Rule.Pause == ErrorScope.NewContacts)
        {
            await RestrictAsync(fault.AccountId, new Restriction(Restriction.Reachout, IsActive: true, Until: null, fault.Code), cancellationToken);
            return;
        }

        if (fault.Rule.PausesSenders || fault.Rule.Pause == ErrorScope.Provider)
        {
            var accounts = await WhomAsync(fault, cancellationToken);
            await Task.WhenAll(accounts.Select(account => PauseAsync(account, stored => Due(fault, stored), cancellationToken)));
        }
    }

    /// <summary>A person's pause: it stands against every other one. An end that has passed changes nothing.</summary>
    public Task<PauseResult> PauseAsync(string accountId, string reason, DateTimeOffset? until, CancellationToken cancellationToken) =>
        PauseAsync(
            accountId, stored => until <= stored.Now ? null : new SendPause(reason, null, stored.Now, until, SendPause.Operator), cancellationToken);

    /// <summary>
    /// Stops an account that came back to messages so old that a person must say whether they may go out. Asked once for
    /// each return: when it was asked last is stored with the pause.
    /// </summary>
    public async Task<PauseResult> AskAboutBacklogAsync(string accountId, long waiting, DateTimeOffset returnedAt, CancellationToken cancellationToken)
    {
        // It takes the place of a provider's outage too: a probe that must not send could never end that one.
        var result = await ChangeAsync(
            accountId,
            stored => new SendPause(SendPause.StaleBacklog, null, stored.Now, null, SendPause.Worker) is var asking
                && (stored.Pause?.YieldsTo(asking, stored.Now) == false || stored.StaleAskedAt >= returnedAt) ? null : new DocumentFields
                {
                    [AccountFields.SendPaused] = FirestoreValue.From(new DocumentFields(asking.ToFields()) { ["count"] = waiting }),
                    [AccountFields.StaleAskedAt] = stored.Now,
                },
            [],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            metrics.Paused(SendPause.StaleBacklog);
            logger.BacklogAsks(accountId, waiting);
        }

        return result;
    }

    /// <summary>Lets the account send again.</summary>
    /// <param name="accountId">Which.</param>
    /// <param name="by"><c>operator</c>, <c>time</c>, or <c>whatsapp</c> for an acceptance.</param>
    /// <param name="only">Which pause may be ended; another one that came meanwhile stays.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<PauseResult> ResumeAsync(string accountId, string by, Func<SendPause, bool> only, CancellationToken cancellationToken)
    {
        SendPause? ended = null;
        var result = await ChangeAsync(
            accountId,
            stored =>
            {
                ended = stored.Pause is { } pause && only(pause) ? pause : null;
                return ended is null ? null : new DocumentFields
                {
                    [AccountFields.LastPause] = FirestoreValue.From(new DocumentFields(ended.ToFields()) { ["resumedAt"] = stored.Now, ["resumedBy"] = by }),
                };
            },
            [AccountFields.SendPaused],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            metrics.Resumed(ended!.Reason);
            logger.AccountResumed(accountId, AccountMetrics.Tag(ended.Reason), by);
        }

        return result;
    }

    /// <summary>The template may be sent again: it was approved, or a person says so.</summary>
    public Task<PauseResult> ResumeTemplateAsync(string accountId, TemplateName template, CancellationToken cancellationToken) => ChangeAsync(
        accountId,
        stored => !stored.Templates.ContainsKey(template.Key) ? null : new DocumentFields
        {
            [AccountFields.PausedTemplates] = FirestoreValue.From(new DocumentFields(stored.Templates.Where(paused => paused.Key != template.Key))),
        },
        [],
        cancellationToken);

    private async Task<PauseResult> PauseAsync(string accountId, Func<StoredPauses, SendPause?> decide, CancellationToken cancellationToken)
    {
        SendPause? next = null;
        var result = await ChangeAsync(
            accountId,
            stored =>
            {
                next = decide(stored);
                return next is null || stored.Pause?.YieldsTo(next, stored.Now) == false
                    ? null
                    : new DocumentFields { [AccountFields.SendPaused] = FirestoreValue.From(next.ToFields()) };
            },
            [],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            metrics.Paused(next!.Reason);
            logger.AccountPaused(accountId, AccountMetrics.Tag(next.Reason), next.Code ?? "none", next.Until);
        }

        return result;
    }

    private async Task PauseTemplateAsync(AccountFault fault, TemplateName template, CancellationToken cancellationToken)
    {
        var result = await ChangeAsync(
            fault.AccountId,
            stored => stored.Templates.ContainsKey(template.Key) ? null : new DocumentFields
            {
                [AccountFields.PausedTemplates] = FirestoreValue.From(new DocumentFields(
                    stored.Templates.OrderBy(paused => paused.Value.AsMap?.Timestamp("since")).TakeLast(_options.TemplatesMax - 1))
                {
                    [template.Key] = FirestoreValue.From(new DocumentFields { ["code"] = fault.Code, ["since"] = stored.Now }),
                }),
            },
            [],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            metrics.TemplatePaused(fault.Code);
            logger.TemplatePaused(fault.AccountId, fault.Code);
        }
    }

    /// <summary>Null: this fault is older than what was done about it, or its pause would be over.</summary>
    private SendPause? Due(AccountFault fault, StoredPauses stored)
    {
        if (fault.At < stored.LastResumedAt)
        {
            return null;
        }

        var times = stored.Follows(fault.Code, (fault.Rule.PauseCap ?? TimeSpan.Zero) * _options.DurationFactor) ? stored.LastTimes + 1 : 0;
        var length = fault.Rule.PauseFor is not { } first ? (TimeSpan?)null
            : (fault.Rule.PauseCap is null ? null : fault.Hint) ?? Shorter(first * Math.Pow(2, Math.Min(times, 16)), fault.Rule.PauseCap ?? first) * _options.DurationFactor;
        var until = (fault.At is { } at && at < stored.Now ? at : stored.Now) + length;
        return until <= stored.Now ? null : new SendPause(fault.Rule.Reason, fault.Code, stored.Now, until, fault.By, times);
    }

    /// <summary>The account, or all that share its business account or the app.</summary>
    private async Task<IReadOnlyList<string>> WhomAsync(AccountFault fault, CancellationToken cancellationToken)
    {
        var shared = fault.Rule.Pause switch
        {
            ErrorScope.App => FieldFilter.Equal(AccountFields.Provider, AccountFields.CloudApi),
            ErrorScope.BusinessAccount when await ReadAsync(fault.AccountId, cancellationToken) is { Document: { } account }
                && account.Fields.Text(AccountFields.WabaId) is { Length: > 0 } waba => FieldFilter.Equal(AccountFields.WabaId, waba),
            _ => null,
        };
        if (shared is null)
        {
            return [fault.AccountId];
        }

        var query = new DocumentQuery(FirestorePaths.Accounts) { Where = [shared], Limit = _options.AccountsAtOnce };
        var read = await firestore.QueryAsync(query, Purpose, cancellationToken);
        return [.. read.Documents.Select(account => account.Id).Append(fault.AccountId).Distinct(StringComparer.Ordinal)];
    }

    /// <param name="accountId">Which account.</param>
    /// <param name="change">The fields to write, decided on what is stored now; null for nothing.</param>
    /// <param name="deleted">The fields to delete with them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<PauseResult> ChangeAsync(
        string accountId, Func<StoredPauses, DocumentFields?> change, string[] deleted, CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var stored = await ReadAsync(accountId, cancellationToken);
            if (stored.Document is not { } account)
            {
                return PauseResult.NotFound;
            }

            if (change(stored) is not { } fields)
            {
                return PauseResult.Unchanged;
            }

            var write = DocumentWrite.Update(
                account.Path, Precondition.UnchangedSince(account.UpdateTime), fields, deleted, FieldTransform.RequestTime(AccountFields.UpdatedAt));
            var outcome = await commits.CommitAsync(new CommitMember([write], Purpose, account.Path, _ => false), cancellationToken);
            if (outcome is CommitOutcome.Committed or CommitOutcome.Lost)
            {
                await signal.AnnounceAsync(accountId);
            }

            if (outcome is CommitOutcome.Committed)
            {
                return PauseResult.Done;
            }

            // Refused: somebody wrote in between, decide again. Lost: the next round sees whether it was applied.
        }

        return PauseResult.Conflict;
    }

    private async Task<StoredPauses> ReadAsync(string accountId, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return new StoredPauses(null, default);
        }

        var path = FirestorePaths.Account(accountId);
        var read = await firestore.GetAsync([path], Purpose, cancellationToken);
        return new StoredPauses(read.Find(path), read.ReadTime);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
