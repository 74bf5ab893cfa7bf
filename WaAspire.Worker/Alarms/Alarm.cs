using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Alarms;

/// <summary>Something that a person must look at.</summary>
/// <param name="Name">One word: the alert's name, the document's id, and the heading of its first action in docs/operations.md.</param>
/// <param name="Summary">What is wrong, in one sentence.</param>
/// <param name="Expression">The same condition for Prometheus: deploy/alerts.yml.</param>
/// <param name="For">How long it must hold.</param>
/// <param name="Action">What to do first.</param>
/// <param name="Value">The number that is judged.</param>
/// <param name="Limit">Above it the condition holds.</param>
public sealed record Alarm(string Name, string Summary, string Expression, TimeSpan For, string Action, Func<AlarmView, double> Value, double Limit = 0)
{
    public bool IsMet(AlarmView view) => Value(view) > Limit;
}

/// <summary>What an evaluation looks at.</summary>
/// <param name="Figures">Of the fleet, from Firestore.</param>
/// <param name="Degraded">Accounts whose share of delivered messages has fallen.</param>
/// <param name="Deaf">Accounts whose socket is open and hears nothing.</param>
/// <param name="Signs">What workers find wrong with themselves, one entry for each that does.</param>
public sealed record AlarmView(FleetFigures Figures, int Degraded, int Deaf, IReadOnlyCollection<string> Signs)
{
    public int Count(string sign) => Signs.Count(shown => shown == sign);
}
