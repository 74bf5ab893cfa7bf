using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Delivery;

/// <param name="Asked">Messages that Meta was asked for.</param>
/// <param name="Unanswered">Those of them that it gave no answer for.</param>
/// <param name="Repaired">Statuses that were news.</param>
/// <param name="GoOnAt">What was sent later than this has not been looked at; null when everything has.</param>
public sealed record RepairResult(int Asked, int Unanswered, int Repaired, DateTimeOffset? GoOnAt = null);

/// <summary>
/// Makes up for webhooks that never came: asks the provider's history for messages without a final status, and feeds the
/// answers into the same intake as webhooks. It changes nothing that a webhook would not; dying in between only asks again.
/// </summary>
public sealed class StatusRepair(
    SentMessages sent, IMessageHistory history, IStatusIntake intake, AccountDirectory accounts, IFirestore firestore, ServerClock clock, IOptions<DeliveryOptions> options)
{
    private const int AtOnce = 4;

    /// <summary>Of <see cref="DeliveryOptions.SampleMax"/> each: the bill of one repair.</summary>
    private const int PagesMax = 20;
    private const string CloudApi = "cloud_api";
    private readonly DeliveryOptions _options = options.Value;

    /// <summary>On demand: what is open, oldest first, of one account or of all; a bounded part, and where to go on.</summary>
    /// <param name="accountId">Null for all.</param>
    /// <param name="since">Where the last part ended; null for the whole <see cref="DeliveryOptions.RepairWindow"/>.</param>
    /// <param name="cancellationToken">Ends the work; what was stored stays.</param>
    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<RepairResult> RepairAsync(string? accountId, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        if (clock.SinceObservation is null)
        {
            await firestore.GetAsync(["instances/readiness-probe"], "delivery", cancellationToken);
        }

        var now = clock.Now;
        var done = new RepairResult(0, 0, 0);
        OutboxDocument? last = null;
        for (var page = 0; page < PagesMax; page++)
        {
            var read = await sent.ReadAsync(since ?? now - _options.RepairWindow, now, cancellationToken, last);
            var open = read.Where(message => SentMessages.IsOpen(message) && (accountId is null || message.AccountId == accountId)).ToList();
            var room = _options.AskMax - done.Asked;
            var part = await RepairAsync(open.Take(room), cancellationToken);
            done = new RepairResult(done.Asked + part.Asked, done.Unanswered + part.Unanswered, done.Repaired + part.Repaired);
            if (open.Count > room)
            {
                return done with { GoOnAt = SentMessages.GoOnAt(open[room]) };
            }

            if (read.Count < _options.SampleMax)
            {
                return done;
            }

            last = read[^1];
        }

        return done with { GoOnAt = SentMessages.GoOnAt(last!) };
    }

    /// <summary>At most <see cref="DeliveryOptions.AskMax"/> of <paramref name="open"/>.</summary>
    public async Task<RepairResult> RepairAsync(IEnumerable<OutboxDocument> open, CancellationToken cancellationToken)
    {
        var asked = 0;
        var unanswered = 0;
        var repaired = 0;
        OutboxDocument[] due = [.. open.Take(_options.AskMax)];
        // One after the other: of several who look up an account at once only the first one reads it.
        foreach (var account in due.Select(message => message.AccountId).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await accounts.LookUpAsync(account, cancellationToken);
        }

        foreach (var part in due.Chunk(AtOnce))
        {
            var answers = await Task.WhenAll(part.Select(message => AskAsync(message, cancellationToken)));
            asked += part.Length;
            unanswered += answers.Count(answer => answer is null);
            repaired += (await intake.StoreAsync([.. answers.OfType<IReadOnlyList<ProviderStatus>>().SelectMany(statuses => statuses)], cancellationToken)).Stored;
        }

        return new RepairResult(asked, unanswered, repaired);
    }

    private async Task<IReadOnlyList<ProviderStatus>?> AskAsync(OutboxDocument message, CancellationToken cancellationToken)
    {
        if (message is not { ProviderMessageId: { } id, AccountId: { } accountId })
        {
            return [];
        }

        return accounts.Find(accountId) switch
        {
            null => null,
            { Provider: CloudApi } account => await history.AskAsync(account, id, cancellationToken),
            _ => [],
        };
    }
}
