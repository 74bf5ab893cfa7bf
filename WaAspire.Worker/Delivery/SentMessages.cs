using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Delivery;

/// <summary>How the messages that one account had accepted fared.</summary>
/// <param name="Accepted">All of the sample.</param>
/// <param name="Late">Neither delivered nor failed.</param>
/// <param name="Failed">Accepted first, then not delivered.</param>
/// <param name="Messages">The late ones by request id, the first of them only.</param>
public sealed record AccountDelivery(string AccountId, int Accepted, int Late, int Failed, double Share, bool Degraded, IReadOnlyList<string> Messages);

/// <summary>Reads what was sent in a stretch of time, one bounded query by the index that <c>/metrics-json</c> uses too.</summary>
public sealed class SentMessages(IFirestore firestore, IOptions<DeliveryOptions> options)
{
    private const string Purpose = "delivery";
    private readonly DeliveryOptions _options = options.Value;

    /// <summary>Oldest first, at most <see cref="DeliveryOptions.SampleMax"/>.</summary>
    /// <param name="from">Later than this.</param>
    /// <param name="to">And not later than this.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<OutboxDocument>> ReadAsync(
        DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken, OutboxDocument? after = null)
    {
        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    OutboxShard.All,
                    FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Sent),
                    new FieldFilter(OutboxFields.SentAt, FilterOperator.GreaterThan, from),
                    new FieldFilter(OutboxFields.SentAt, FilterOperator.LessThanOrEqual, to),
                ],
                OrderBy = [new FieldOrder(OutboxFields.SentAt)],
                StartAfter = after is null ? [] : [after.SentAt!.Value],
                StartAfterPath = after?.Path,
                Limit = _options.SampleMax,
            },
            Purpose,
            cancellationToken);
        return [.. read.Documents.Select(OutboxDocument.Read)];
    }

    /// <summary>Where to go on behind this message: others of the same time may not have been read.</summary>
    public static DateTimeOffset GoOnAt(OutboxDocument last) => last.SentAt!.Value - TimeSpan.FromMicroseconds(1);

    /// <summary>Accepted, and nothing heard of since.</summary>
    public static bool IsOpen(OutboxDocument message) => message.DeliveryStatus is null or StatusRank.Sent;

    public IReadOnlyList<AccountDelivery> ByAccount(IEnumerable<OutboxDocument> sent) =>
    [
        .. sent.Where(message => message.AccountId is not null).GroupBy(message => message.AccountId!, StringComparer.Ordinal).Select(account =>
        {
            var (accepted, late, failed) = (account.Count(), account.Count(IsOpen), account.Count(message => message.DeliveryStatus == StatusRank.Failed));
            var share = (double)(accepted - late - failed) / accepted;
            return new AccountDelivery(
                account.Key, accepted, late, failed, share, accepted >= _options.SampleMin && share < _options.DegradedBelow,
                [.. account.Where(IsOpen).Take(_options.ListedMax).Select(message => message.RequestId)]);
        }),
    ];
}
