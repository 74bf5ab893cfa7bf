using System.Globalization;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>What became of a request, by its final documents.</summary>
/// <param name="Status">Null: there is no document, or it says a word that nobody knows.</param>
/// <param name="Copy">What its thread shows to clients; null: nothing.</param>
/// <param name="IsIdTrue">Whether WhatsApp's id in the document, if there is one, is what WhatsApp's log has for this request.</param>
/// <param name="IsSpent">Whether it has used up its attempts.</param>
internal sealed record FinalMessage(OutboxStatus? Status, string? Copy, bool IsIdTrue = true, bool IsSpent = false)
{
    /// <summary>Whether clients see what the document says.</summary>
    public bool IsCopyTrue => Status switch
    {
        OutboxStatus.Sent => Copy is "sent" or "delivered" or "read" or "played",
        OutboxStatus.Failed or OutboxStatus.Canceled => Copy is "failed",
        _ => Copy is "queued",
    };
}

/// <summary>All that a judgement rests on: what clients were told, what the provider took and refused, and the final documents.</summary>
/// <param name="Told">By thread: the request ids that were accepted, in that order.</param>
/// <param name="Provider">Request ids in the order in which WhatsApp accepted them, as often as it did; also of requests that nobody was told of.</param>
/// <param name="Refused">Request ids that WhatsApp has answered with an error.</param>
/// <param name="Final">What became of each request in the threads that clients wrote to; also of those that nobody was told of.</param>
/// <param name="Written">Ids of what people wrote on their phones.</param>
/// <param name="Stored">Ids of inbound messages that the threads show, as often as they do.</param>
/// <param name="Unreadable">Messages that reached their recipient, who could never read them.</param>
internal sealed record Evidence(
    IReadOnlyList<IReadOnlyList<string>> Told,
    IReadOnlyList<string> Provider,
    IReadOnlySet<string> Refused,
    IReadOnlyDictionary<string, FinalMessage> Final,
    IReadOnlyList<string> Written,
    IReadOnlyList<string> Stored,
    int Unreadable);

/// <summary>Whether the promises held.</summary>
internal sealed record Verdict
{
    /// <summary>Messages that clients were told were accepted: delivered + uncertain + failed, and lost if any.</summary>
    public int Accepted { get; init; }

    /// <summary>Of those, what WhatsApp accepted at least once.</summary>
    public int Delivered { get; init; }

    /// <summary>Bubbles beyond the first of a message.</summary>
    public int Duplicates { get; init; }

    /// <summary>Neither delivered, nor visibly failed, nor in doubt.</summary>
    public int Lost { get; init; }

    /// <summary>Messages that went out after one that was accepted later, in the same thread.</summary>
    public int Inversions { get; init; }

    /// <summary>In doubt, and not in WhatsApp's log.</summary>
    public int Uncertain { get; init; }

    public int Failed { get; init; }

    /// <summary>Of the failed, those that WhatsApp never refused, and that had attempts left.</summary>
    public int Groundless { get; init; }

    /// <summary>Bubbles, and messages of threads, of requests that no client was told of.</summary>
    public int Unexpected { get; init; }

    /// <summary>
    /// Messages whose document says something else than WhatsApp's log (sent, and it was not, or under another id; failed or in
    /// doubt, and it was delivered), or whose thread shows something else than the document.
    /// </summary>
    public int Untrue { get; init; }

    public int Unreadable { get; init; }

    /// <summary>What people wrote and threads do not show exactly once, and what they show that nobody wrote.</summary>
    public int InboundWrong { get; init; }

    public bool IsKept => Broken.Count == 0;

    /// <summary>The promises that did not hold, for people.</summary>
    public IReadOnlyList<string> Broken
    {
        get
        {
            (int Count, string What)[] wrongs =
            [
                (Duplicates, "duplicates"), (Lost, "lost"), (Inversions, "inversions"), (Unexpected, "unexpected"), (Groundless, "failed without a refusal"),
                (Untrue, "untrue documents"), (Unreadable, "unreadable"), (InboundWrong, "inbound not stored once"), (Accepted - Delivered - Uncertain - Failed - Lost, "of no kind"),
            ];
            return [.. wrongs.Where(wrong => wrong.Count != 0).Select(wrong => string.Create(CultureInfo.InvariantCulture, $"{wrong.Count} {wrong.What}"))];
        }
    }

    public static Verdict On(Evidence evidence)
    {
        var told = evidence.Told.SelectMany(thread => thread).ToHashSet(StringComparer.Ordinal);
        var known = evidence.Provider.Where(told.Contains).ToList();
        var delivered = known.ToHashSet(StringComparer.Ordinal);
        var missing = told.Except(delivered).ToList();
        var failed = missing.Where(id => Find(id)?.Status == OutboxStatus.Failed).ToList();
        var uncertain = missing.Count(id => Find(id)?.Status == OutboxStatus.Uncertain);
        var inbound = evidence.Stored.CountBy(id => id).ToDictionary(StringComparer.Ordinal);
        return new Verdict
        {
            Accepted = told.Count,
            Delivered = delivered.Count,
            Duplicates = known.Count - delivered.Count,
            Lost = missing.Count - failed.Count - uncertain,
            Inversions = evidence.Told.Sum(thread => InversionsOf(thread, known)),
            Uncertain = uncertain,
            Failed = failed.Count,
            Groundless = failed.Count(id => !evidence.Refused.Contains(id) && !Find(id)!.IsSpent),
            Unexpected = evidence.Provider.Count - known.Count + evidence.Final.Keys.Count(id => !told.Contains(id)),
            Untrue = told.Count(id => IsUntrue(Find(id), delivered.Contains(id))),
            Unreadable = evidence.Unreadable,
            InboundWrong = evidence.Written.Count(id => inbound.GetValueOrDefault(id) != 1) + inbound.Keys.Except(evidence.Written).Count(),
        };

        FinalMessage? Find(string id) => evidence.Final.GetValueOrDefault(id);
    }

    public static Verdict operator +(Verdict one, Verdict other) => new()
    {
        Accepted = one.Accepted + other.Accepted,
        Delivered = one.Delivered + other.Delivered,
        Duplicates = one.Duplicates + other.Duplicates,
        Lost = one.Lost + other.Lost,
        Inversions = one.Inversions + other.Inversions,
        Uncertain = one.Uncertain + other.Uncertain,
        Failed = one.Failed + other.Failed,
        Groundless = one.Groundless + other.Groundless,
        Unexpected = one.Unexpected + other.Unexpected,
        Untrue = one.Untrue + other.Untrue,
        Unreadable = one.Unreadable + other.Unreadable,
        InboundWrong = one.InboundWrong + other.InboundWrong,
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"accepted {Accepted} delivered {Delivered} duplicates {Duplicates} lost {Lost} inversions {Inversions} uncertain {Uncertain}");

    // One without any document is lost, or a bubble without a document: both are untrue.
    private static bool IsUntrue(FinalMessage? final, bool isDelivered) =>
        final is null || !final.IsIdTrue || !final.IsCopyTrue || (final.Status == OutboxStatus.Sent) != isDelivered;

    private static int InversionsOf(IReadOnlyList<string> thread, IReadOnlyList<string> provider)
    {
        var place = thread.Select((id, index) => (id, index)).ToDictionary(message => message.id, message => message.index, StringComparer.Ordinal);
        var (latest, inversions) = (-1, 0);
        foreach (var id in provider.Distinct(StringComparer.Ordinal).Where(place.ContainsKey))
        {
            inversions += place[id] < latest ? 1 : 0;
            latest = Math.Max(latest, place[id]);
        }

        return inversions;
    }
}
