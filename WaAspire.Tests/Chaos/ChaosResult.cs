using WaAspire.Tests.Chaos.Linked;

namespace WaAspire.Tests.Chaos;

/// <summary>How doubts that were seen ended.</summary>
/// <param name="Proven">Sent, and there was one attempt only: a receipt proved it, or its holder's late answer.</param>
/// <param name="SentLater">Sent by one of several attempts: the one in doubt, or a later one because its holder came to know that it had not sent.</param>
/// <param name="ByPolicy">Sent again by the policy of silence.</param>
/// <param name="Failed">Its holder's refusal came late.</param>
/// <param name="Held">Stays in doubt: WhatsApp never had it, and a person released its thread.</param>
/// <param name="HeldBeforeGap">Of those, whose attempt is older than the last time at which receipts may have been lost: silence about them means nothing.</param>
internal sealed record DoubtEnds(int Seen, int Proven, int SentLater, int ByPolicy, int Failed, int Held, int HeldBeforeGap);

/// <param name="From">Since the run began; <paramref name="To"/> is the end of the faults, <paramref name="Drained"/> of everything.</param>
/// <param name="Refused">How often a client had to ask again.</param>
/// <param name="LinkedDoubts">Of accounts that are paired by QR code, which are in none of the other figures about doubts.</param>
/// <param name="OnPurpose">How often WhatsApp accepted the message that was to go out twice; 0 where none was.</param>
/// <param name="LinkedDelivered">Of the verdict's, how many such accounts delivered.</param>
/// <param name="LettersLost">What people wrote to them, WhatsApp was told had arrived, and a gateway that was killed just then lost.</param>
/// <param name="Stuck">What was on its way at the end of all patience, and who was not connected.</param>
internal sealed record PhaseResult(
    string Name, TimeSpan From, TimeSpan To, TimeSpan Drained, Verdict Verdict, int Refused, int Written, DoubtEnds? Doubts, DoubtEnds? LinkedDoubts, int OnPurpose, int LinkedDelivered, int LettersLost, IReadOnlyList<string> Stuck)
{
    /// <summary>The phase with nothing wrong but the end of a worker. Accounts that are paired by QR code send nothing in it.</summary>
    public const string Takeover = "takeover";

    public bool IsTakeover => Name == Takeover;

    /// <param name="hasLinked">Whether accounts that are paired by QR code take part.</param>
    /// <returns>The promises that did not hold, for people. A phase that delivers nothing proves nothing.</returns>
    public IReadOnlyList<string> Broken(bool hasLinked)
    {
        (bool IsBroken, string What)[] others =
        [
            (Stuck.Count > 0, $"{Stuck.Count} not at an end"),
            (Verdict.Delivered <= LinkedDelivered, "Cloud API accounts delivered nothing"),
            (hasLinked && !IsTakeover && LinkedDelivered == 0, "QR-paired accounts delivered nothing"),
            (IsTakeover && Verdict.Failed > 0, $"{Verdict.Failed} failed with nothing wrong"),
        ];
        return [.. Verdict.Broken.Concat(others.Where(other => other.IsBroken).Select(other => other.What)).Select(what => $"{Name}: {what}")];
    }
}

/// <summary>What others did when a worker was ended: with its threads, and with its sessions.</summary>
internal sealed record Takeovers(TakeoverTimes Term, TakeoverTimes Kill, Absence? SessionsTerm, Absence? SessionsKill);

/// <param name="Linked">Accounts that are paired by QR code.</param>
/// <param name="Missing">Why there are none.</param>
/// <param name="Absences">How long they were away while faults went on.</param>
/// <param name="Unjudged">Requests that WhatsApp accepted after their phase was judged, or from a number that is nobody's.</param>
internal sealed record ChaosResult(
    ChaosPlan Plan, IReadOnlyList<PhaseResult> Phases, IReadOnlyList<Trouble> Troubles, TimeSpan Took, int Linked, string? Missing, IReadOnlyList<Absence> Absences, Takeovers? Takeovers, int Unjudged)
{
    public Verdict Verdict => Phases.Select(phase => phase.Verdict).Aggregate((one, other) => one + other);

    public bool IsKept => Broken.Count == 0;

    /// <summary>How soon others took over; none where the clock was not read.</summary>
    public IReadOnlyList<Figure> Figures => Figure.Of(this);

    /// <summary>The promises that did not hold, for people. A figure that is missed is none of them, but what never comes back is.</summary>
    public IReadOnlyList<string> Broken
    {
        get
        {
            (bool IsBroken, string What)[] others =
            [
                (Troubles.Count == 0, "nothing went wrong"),
                (Unjudged != 0, $"{Unjudged} accepted by WhatsApp when all was judged, or from nobody's number"),
                (Plan.IsReported && Phases.Max(phase => phase.OnPurpose) < 2, "the duplicate on purpose did not show"),
                (Plan.IsReported && Takeovers is null, "no worker was taken over from"),
                (Absences.Any(absence => absence.Missing > 0), $"{Absences.Sum(absence => absence.Missing)} QR-paired accounts never came back"),
                .. Figures.Where(figure => figure.Waits?.Never > 0).Select(figure => (true, $"{figure.What}: {figure.Waits!.Never} never came back")),
            ];
            return [.. Phases.SelectMany(phase => phase.Broken(Linked > 0)), .. others.Where(other => other.IsBroken).Select(other => other.What)];
        }
    }
}
