namespace WaAspire.Tests.Simulation.Faults;

/// <summary>What becomes of a connection on which a whole request has left.</summary>
internal enum Break
{
    None,

    /// <summary>It breaks, and the request never arrives.</summary>
    BeforeArrival,

    /// <summary>It breaks, and the request arrives all the same.</summary>
    AfterArrival,
}

/// <summary>What comes back of an acceptance.</summary>
internal enum Answering
{
    Answers,
    Never,

    /// <summary>A machine in between gives up on the answer, and says so.</summary>
    BadGateway,
}

/// <summary>
/// What WhatsApp and the way to it do with the next request. A seed draws it; the contract that the real one passes as well
/// chooses it.
/// </summary>
internal interface IProviderFaults
{
    /// <summary>A refusal without a word of WhatsApp's.</summary>
    const int NoWord = -1;

    /// <summary>No connection comes about.</summary>
    bool IsUnreachable();

    Break Breaks();

    /// <summary>WhatsApp's code, or <see cref="NoWord"/>; null: it is accepted.</summary>
    int? Refusal();

    /// <summary>From the arrival to acceptance or refusal.</summary>
    TimeSpan Takes();

    Answering Answers();

    /// <summary>The same for a linked device, where both ends of the loss are drawn at once.</summary>
    Break LinkedBreaks();

    TimeSpan LinkedTakes();
}

/// <summary>As the seed has it.</summary>
internal sealed class DrawnProviderFaults(FaultPlan faults) : IProviderFaults
{
    private static readonly TimeSpan _usual = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan _usualWhenLinked = TimeSpan.FromMilliseconds(120);
    private static readonly int[] _serverErrors = [2, 131000, 131016, 4, 131057];

    public bool IsUnreachable() => faults.Strikes(FaultClass.ProviderErrors, 0.03);

    public Break Breaks() => Broken(0.03);

    public int? Refusal() =>
        faults.Strikes(FaultClass.Throttling, 0.06) ? (faults.Pick(FaultClass.Throttling, 2) == 0 ? 130429 : 131056)
        : faults.Strikes(FaultClass.ProviderErrors, 0.1) ? (faults.Pick(FaultClass.ProviderErrors, 8) switch
        {
            0 => IProviderFaults.NoWord,
            <= 3 => 131026,
            _ => _serverErrors[faults.Pick(FaultClass.ProviderErrors, _serverErrors.Length)],
        })
        : null;

    public TimeSpan Takes() => faults.Strikes(FaultClass.SlowProvider, 0.1) ? faults.Span(FaultClass.SlowProvider, 1, 60) : _usual;

    public Answering Answers() =>
        faults.Strikes(FaultClass.DroppedAnswers, 0.05) ? Answering.Never
        : faults.Strikes(FaultClass.ProviderErrors, 0.02) ? Answering.BadGateway
        : Answering.Answers;

    public Break LinkedBreaks() => Broken(0.06);

    public TimeSpan LinkedTakes() => faults.Strikes(FaultClass.SlowProvider, 0.1) ? faults.Span(FaultClass.SlowProvider, 1, 15) : _usualWhenLinked;

    private Break Broken(double rate) =>
        !faults.Strikes(FaultClass.DroppedAnswers, rate) ? Break.None
        : faults.Pick(FaultClass.DroppedAnswers, 2) == 0 ? Break.BeforeArrival
        : Break.AfterArrival;
}
