using System.Globalization;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>All that a judgement rests on: what clients were told, what the provider accepted, and the final documents.</summary>
/// <param name="Told">By thread: the request ids that were accepted, in that order.</param>
/// <param name="Provider">Request ids in the order in which WhatsApp accepted them, as often as it did.</param>
/// <param name="Final">What became of each request, by its document.</param>
/// <param name="Written">Ids of what people wrote on their phones.</param>
/// <param name="Stored">Ids of inbound messages that the threads show, as often as they do.</param>
internal sealed record Evidence(
    IReadOnlyList<IReadOnlyList<string>> Told,
    IReadOnlyList<string> Provider,
    IReadOnlyDictionary<string, OutboxStatus?> Final,
    IReadOnlyList<string> Written,
    IReadOnlyList<string> Stored);

/// <summary>Whether the promises held.</summary>
/// <param name="Accepted">Messages that clients were told were accepted: delivered + uncertain + failed, and lost if any.</param>
/// <param name="Delivered">Of those, what WhatsApp accepted at least once.</param>
/// <param name="Duplicates">Bubbles beyond the first of a message.</param>
/// <param name="Lost">Neither delivered, nor visibly failed, nor in doubt.</param>
/// <param name="Inversions">Messages that went out after one that was accepted later, in the same thread.</param>
/// <param name="Uncertain">In doubt, and not in WhatsApp's log.</param>
/// <param name="Untrue">Documents that say something else than WhatsApp's log: sent, and it was not; failed or in doubt, and it was delivered.</param>
internal sealed record Verdict(int Accepted, int Delivered, int Duplicates, int Lost, int Inversions, int Uncertain, int Failed, int Untrue, int InboundWrong)
{
    public bool IsKept => Duplicates + Lost + Inversions + Untrue + InboundWrong == 0 && Accepted == Delivered + Uncertain + Failed;

    public static Verdict On(Evidence evidence)
    {
        var told = evidence.Told.SelectMany(thread => thread).ToHashSet(StringComparer.Ordinal);
        var delivered = evidence.Provider.ToHashSet(StringComparer.Ordinal);
        OutboxStatus? StatusOf(string id) => evidence.Final.GetValueOrDefault(id);
        var missing = told.Where(id => !delivered.Contains(id)).ToList();
        var inbound = evidence.Stored.CountBy(id => id).ToDictionary(StringComparer.Ordinal);
        return new Verdict(
            told.Count,
            told.Count - missing.Count,
            evidence.Provider.Count - delivered.Count,
            missing.Count(id => StatusOf(id) is not (OutboxStatus.Failed or OutboxStatus.Uncertain)),
            evidence.Told.Sum(thread => InversionsOf(thread, evidence.Provider)),
            missing.Count(id => StatusOf(id) == OutboxStatus.Uncertain),
            missing.Count(id => StatusOf(id) == OutboxStatus.Failed),
            told.Count(id => delivered.Contains(id) ? StatusOf(id) != OutboxStatus.Sent : StatusOf(id) == OutboxStatus.Sent),
            evidence.Written.Count(id => inbound.GetValueOrDefault(id) != 1) + inbound.Keys.Except(evidence.Written).Count());
    }

    public static Verdict operator +(Verdict one, Verdict other) => new(
        one.Accepted + other.Accepted,
        one.Delivered + other.Delivered,
        one.Duplicates + other.Duplicates,
        one.Lost + other.Lost,
        one.Inversions + other.Inversions,
        one.Uncertain + other.Uncertain,
        one.Failed + other.Failed,
        one.Untrue + other.Untrue,
        one.InboundWrong + other.InboundWrong);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"accepted {Accepted} delivered {Delivered} duplicates {Duplicates} lost {Lost} inversions {Inversions} uncertain {Uncertain}");

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
