using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Pacing;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// Hands the updates of one request to those who store them. It returns when each is committed, was seen before, belongs to
/// nobody here (a status), or lies in <c>inboundRejected</c>; then Meta may forget them.
/// </summary>
internal sealed class WebhookIntake(
    InboundProcessor messages,
    IStatusIntake statuses,
    InboundRejections rejections,
    AccountNumbers numbers,
    ReportedFaults faults,
    InboundPace pace,
    ProxyMetrics metrics)
{
    /// <exception cref="FirestoreException">The store is out; what was stored is seen as such when it is delivered again.</exception>
    public async Task StoreAsync(WebhookUpdates updates, AccountEvents events, CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            StoreMessagesAsync(updates.Messages, cancellationToken),
            StoreStatusesAsync(updates.Statuses, cancellationToken),
            SetAsideAsync("other", updates.Rejected, cancellationToken));
        await faults.ActAsync(events.Faults, events.Templates, cancellationToken);
    }

    private async Task StoreMessagesAsync(IReadOnlyList<ReceivedMessage> received, CancellationToken cancellationToken)
    {
        var accounts = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var number in received.Select(message => message.PhoneNumberId).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            accounts[number] = await numbers.AccountOfAsync(number, cancellationToken);
        }

        var ours = new List<InboundMessage>();
        var strangers = new List<RejectedUpdate>();
        foreach (var (number, message) in received)
        {
            if (number is not null && accounts[number] is { } account)
            {
                ours.Add(message with { AccountId = account });
            }
            else
            {
                strangers.Add(new RejectedUpdate("unknown_account", message.Raw, number));
            }
        }

        await SetAsideAsync("message", strangers, cancellationToken);
        foreach (var outcome in (await messages.StoreAsync(ours, cancellationToken)).CountBy(outcome => outcome))
        {
            metrics.Updates("message", Word(outcome.Key), outcome.Value);
        }

        foreach (var account in ours.CountBy(message => message.AccountId))
        {
            pace.Spend(account.Key, account.Value);
        }
    }

    private async Task StoreStatusesAsync(IReadOnlyList<ProviderStatus> received, CancellationToken cancellationToken)
    {
        var result = await statuses.StoreAsync(received, cancellationToken);
        metrics.Updates("status", "stored", result.Stored);
        metrics.Updates("status", "seen", result.Seen);
        metrics.Updates("status", "not_ours", result.Unknown);
    }

    private async Task SetAsideAsync(string kind, IReadOnlyList<RejectedUpdate> updates, CancellationToken cancellationToken)
    {
        await rejections.SetAsideAsync(updates, cancellationToken);
        metrics.Updates(kind, "set_aside", updates.Count);
    }

    private static string Word(InboundOutcome outcome) => outcome switch
    {
        InboundOutcome.Stored => "stored",
        InboundOutcome.Seen => "seen",
        _ => "set_aside",
    };
}
