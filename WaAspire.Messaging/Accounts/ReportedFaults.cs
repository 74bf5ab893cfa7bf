using System.Globalization;
using Microsoft.Extensions.Logging;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Pacing;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Accounts;

/// <summary>One error that a webhook reports: of a message that was accepted before, or of the number itself.</summary>
/// <param name="PhoneNumberId">Whose.</param>
/// <param name="Code">Meta's number.</param>
/// <param name="At">When, where it says so.</param>
/// <param name="Opaque">The message, where it is one of ours.</param>
public sealed record ReportedFault(string PhoneNumberId, int Code, DateTimeOffset? At, string? Opaque);

/// <summary>What a template's review came to.</summary>
/// <param name="BusinessAccountId">Whose: templates belong to the WhatsApp Business Account.</param>
/// <param name="Template">Which.</param>
/// <param name="Code">The error that sending it would meet from now on; null when it may be sent again.</param>
public sealed record ReviewedTemplate(string BusinessAccountId, TemplateName Template, int? Code);

/// <summary>
/// Acts on errors that come by webhook as a worker acts on those that come as an answer: accounts and templates pause,
/// rates go down, people are told. The message's own failure is the status intake's; nothing is sent again. A delivery that
/// comes twice changes nothing the second time, but for a metric.
/// </summary>
public sealed class ReportedFaults(IFirestore firestore, AccountPauses pauses, AccountMetrics metrics, RepeatedErrors repeated, InboundPace pace, ILogger<ReportedFaults> logger)
{
    private const string Purpose = "reported-fault";
    private const int AccountsMax = 100;

    /// <exception cref="FirestoreException">The store cannot be reached: the provider delivers again.</exception>
    public async Task ActAsync(IReadOnlyList<ReportedFault> faults, IReadOnlyList<ReviewedTemplate> templates, CancellationToken cancellationToken)
    {
        foreach (var fault in faults)
        {
            Tell(fault);
        }

        var accounts = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        // Of a thousand receipts with the same error one is enough, but each names another template or recipient.
        var acting = faults.Where(Acts).DistinctBy(fault => (fault.PhoneNumberId, fault.Code, ConcernsMessage(fault) ? fault.Opaque : null));
        foreach (var fault in acting)
        {
            var message = ConcernsMessage(fault) ? await MessageOfAsync(fault, cancellationToken) : null;
            foreach (var accountId in await AccountsAsync(accounts, AccountFields.PhoneNumberId, fault.PhoneNumberId, cancellationToken))
            {
                await ActAsync(accountId, fault, message, cancellationToken);
            }
        }

        foreach (var reviewed in templates)
        {
            foreach (var accountId in await AccountsAsync(accounts, AccountFields.WabaId, reviewed.BusinessAccountId, cancellationToken))
            {
                await (reviewed.Code is { } code
                    ? pauses.ApplyAsync(FaultOf(accountId, code) with { Template = reviewed.Template }, cancellationToken)
                    : pauses.ResumeTemplateAsync(accountId, reviewed.Template, cancellationToken));
            }
        }
    }

    private async Task ActAsync(string accountId, ReportedFault fault, OutboxDocument? message, CancellationToken cancellationToken)
    {
        switch (ErrorTable.Find(fault.Code)!.Pause)
        {
            case ErrorScope.Pair when message?.ThreadId is { } threadId:
                pace.PairRefused(accountId, threadId);
                break;
            case ErrorScope.Rate:
                pace.RateRefused(accountId);
                break;
            default:
                await pauses.ApplyAsync(
                    FaultOf(accountId, fault.Code) with { At = fault.At, Template = TemplateName.Of(message?.Payload) }, cancellationToken);
                break;
        }
    }

    private void Tell(ReportedFault fault)
    {
        var code = fault.Code.ToString(CultureInfo.InvariantCulture);
        metrics.Error(code);
        var rule = ErrorTable.Find(fault.Code) ?? ErrorTable.OfClass(httpStatus: 400);
        if (rule.Alert || (rule.AlertIfRepeated && repeated.Add(fault.PhoneNumberId, code)))
        {
            metrics.Alert(code);
            logger.ReportNeedsAPerson(code, rule.Title);
        }
    }

    private async Task<OutboxDocument?> MessageOfAsync(ReportedFault fault, CancellationToken cancellationToken)
    {
        if (StatusDecision.RequestOf(fault.Opaque) is not { } requestId || !DocumentId.IsLawful(requestId))
        {
            return null;
        }

        var path = FirestorePaths.OutboxMessage(requestId);
        return (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is { } stored ? OutboxDocument.Read(stored) : null;
    }

    /// <summary>Asked once for all faults of one request: they are nearly always of one number.</summary>
    private async Task<IReadOnlyList<string>> AccountsAsync(
        Dictionary<string, IReadOnlyList<string>> known, string field, string value, CancellationToken cancellationToken)
    {
        var key = $"{field}={value}";
        if (!known.TryGetValue(key, out var accounts))
        {
            var found = await firestore.QueryAsync(
                new DocumentQuery(FirestorePaths.Accounts) { Where = [FieldFilter.Equal(field, value)], Limit = AccountsMax }, Purpose, cancellationToken);
            known[key] = accounts = [.. found.Documents.Select(account => account.Id)];
        }

        return accounts;
    }

    /// <summary>A receipt says nothing of whether the provider is up now, so such an error pauses nobody.</summary>
    private static bool Acts(ReportedFault fault) =>
        ErrorTable.Find(fault.Code) is { } rule && rule.Pause is not (ErrorScope.None or ErrorScope.Provider);

    private static bool ConcernsMessage(ReportedFault fault) => ErrorTable.Find(fault.Code)?.Pause is ErrorScope.Pair or ErrorScope.Template;

    private static AccountFault FaultOf(string accountId, int code) =>
        new(accountId, ErrorTable.Find(code)!, code.ToString(CultureInfo.InvariantCulture), AccountFault.ByWebhook);
}
