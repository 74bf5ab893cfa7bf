using System.Globalization;

namespace WaAspire.Tests.Chaos;

/// <summary>One figure of the takeover beside what is wanted. It is shown, and no promise: a machine may be slow. What never came back is one.</summary>
/// <param name="Waits">Null: it could not be measured.</param>
/// <param name="Noun">What was counted.</param>
internal sealed record Figure(string What, TimeSpan Wanted, Waits? Waits, string Noun)
{
    /// <summary>Also where there was nothing to measure: that shows nothing.</summary>
    public bool IsMissed => Waits is not { Count: > 0, Never: 0 } || Waits.Longest > Wanted;

    public string Measured
    {
        get
        {
            var measured = Waits is not { Count: > 0 } ? "nothing to measure"
                : Waits.Never == Waits.Count ? $"{Waits.Never} never came back"
                : string.Create(CultureInfo.InvariantCulture, $"{Waits.Longest.TotalSeconds:0.00} s{(Waits.Never > 0 ? $", {Waits.Never} never came back" : "")}");
            return IsMissed ? $"{measured} **(missed)**" : measured;
        }
    }

    /// <summary>None where no clock was read; none of QR-paired accounts where none took part.</summary>
    public static IReadOnlyList<Figure> Of(ChaosResult result)
    {
        if (result.Takeovers is not { } takeovers)
        {
            return [];
        }

        var scale = result.Plan.Scale;
        IReadOnlyList<Figure> figures =
        [
            new("after SIGTERM, until others go on with its threads", TimeSpan.FromSeconds(1), takeovers.Term.Threads, "threads"),
            new("after SIGKILL, its threads without an attempt in flight", TimeSpan.FromSeconds(5) * scale, takeovers.Kill.Threads, "threads"),
            new("after SIGKILL, its attempts in flight, to a lawful state", TimeSpan.FromSeconds(80) * scale, takeovers.Kill.Attempts, "attempts"),
        ];
        return result.Linked == 0 ? figures :
        [
            .. figures,
            new("after SIGTERM, until its QR-paired accounts have all logged in elsewhere", TimeSpan.FromSeconds(1), Of(takeovers.SessionsTerm), "accounts"),
            new("after SIGKILL, until its QR-paired accounts have all logged in elsewhere", result.Plan.SessionsAfterKill, Of(takeovers.SessionsKill), "accounts"),
        ];
    }

    private static Waits? Of(Linked.Absence? absence) => absence is null ? null : new Waits(absence.Accounts, absence.Longest, absence.Missing);
}
