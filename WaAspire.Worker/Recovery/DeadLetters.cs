using System.Globalization;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Recovery;

/// <summary>Which dead letters are meant; null means any.</summary>
public sealed record DeadLetterFilter(string? AccountId, string? ThreadId, string? Code)
{
    public bool IsOpen => this is { AccountId: null, ThreadId: null, Code: null };

    public bool Fits(OutboxDocument message) =>
        (AccountId is null || message.AccountId == AccountId)
        && (ThreadId is null || message.ThreadId == ThreadId)
        && (Code is null || message.Failure?.Text("code") == Code);
}

/// <summary>A place between two dead letters, as text: <c>2030-01-31T12:00:00.0000000Z~requestId</c>, or only the time.</summary>
public sealed record DeadLetterPlace(DateTimeOffset FailedAt, string? RequestId)
{
    public static DeadLetterPlace Behind(OutboxDocument message) => new(message.FailedAt!.Value, message.RequestId);

    public static bool TryParse(string? text, out DeadLetterPlace? place)
    {
        var parts = (text ?? "").Split('~', 2);
        place = DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            && (parts.Length == 1 || DocumentId.IsLawful(parts[1]))
                ? new DeadLetterPlace(at, parts.Length == 1 ? null : parts[1])
                : null;
        return text is null || place is not null;
    }

    public override string ToString() => RequestId is null
        ? FailedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)
        : $"{FailedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}~{RequestId}";
}

/// <param name="Messages">In the order that was asked for.</param>
/// <param name="Next">Where to go on; null when this is the end.</param>
public sealed record DeadLetterPage(IReadOnlyList<OutboxDocument> Messages, DeadLetterPlace? Next);

/// <summary>
/// The failed messages, in the order in which they failed, by the sharded index that no growing field of its own heats up.
/// A filter is applied to what was read, so a page looks at a bounded number of documents and may hold fewer than asked.
/// </summary>
public sealed class DeadLetters(IFirestore firestore)
{
    public const int PageMax = 100;
    private const string Purpose = "dead-letters";
    private const int QueriesPerPage = 10;

    public Task<DeadLetterPage> NewestFirstAsync(DeadLetterFilter filter, DeadLetterPlace? before, int limit, CancellationToken cancellationToken) =>
        ReadAsync(filter, before, until: null, limit, isNewestFirst: true, cancellationToken);

    /// <param name="filter">Which are meant.</param>
    /// <param name="after">Where the last page ended.</param>
    /// <param name="until">Later failures are not looked at, so that what is replayed and fails again does not come twice.</param>
    /// <param name="limit">How many at most, from 1 to <see cref="PageMax"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public Task<DeadLetterPage> OldestFirstAsync(
        DeadLetterFilter filter, DeadLetterPlace? after, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        ReadAsync(filter, after, until, limit, isNewestFirst: false, cancellationToken);

    private async Task<DeadLetterPage> ReadAsync(
        DeadLetterFilter filter, DeadLetterPlace? from, DateTimeOffset? until, int limit, bool isNewestFirst, CancellationToken cancellationToken)
    {
        var found = new List<OutboxDocument>();
        var place = from;
        var size = filter.IsOpen ? limit : PageMax;
        for (var query = 0; query < QueriesPerPage; query++)
        {
            var read = (await QueryAsync(place, until, isNewestFirst, size, cancellationToken)).Documents.Select(OutboxDocument.Read).ToList();
            foreach (var message in read)
            {
                place = DeadLetterPlace.Behind(message);
                if (filter.Fits(message))
                {
                    found.Add(message);
                }

                if (found.Count == limit)
                {
                    return new DeadLetterPage(found, place);
                }
            }

            if (read.Count < size)
            {
                return new DeadLetterPage(found, null);
            }
        }

        return new DeadLetterPage(found, place);
    }

    private Task<DocumentsRead> QueryAsync(DeadLetterPlace? from, DateTimeOffset? until, bool isNewestFirst, int size, CancellationToken cancellationToken) =>
        firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    OutboxShard.All,
                    FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Failed),
                    .. until is { } end ? [new FieldFilter(OutboxFields.FailedAt, FilterOperator.LessThanOrEqual, end)] : Array.Empty<FieldFilter>(),
                ],
                OrderBy = [new FieldOrder(OutboxFields.FailedAt, isNewestFirst)],
                StartAfter = from is null ? [] : [from.FailedAt],
                StartAfterPath = from?.RequestId is { } id ? FirestorePaths.OutboxMessage(id) : null,
                Limit = size,
            },
            Purpose,
            cancellationToken);
}
