using WaAspire.Tests.Providers;

namespace WaAspire.Tests.Simulation.Faults;

/// <summary>As a contract chooses it, until it chooses something else.</summary>
internal sealed class ChosenProviderFaults : IProviderFaults
{
    private static readonly TimeSpan _usual = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _tooLong = TimeSpan.FromSeconds(60);
    private WhatsAppFate _fate;
    private int? _code;

    /// <summary>Requests that reached WhatsApp: each is judged once, on its arrival.</summary>
    public int Arrived { get; private set; }

    /// <summary>What becomes of the next messages through a linked device; of those after them nothing.</summary>
    public Queue<Break> Linked { get; } = [];

    public void Choose(WhatsAppFate fate) => (_fate, _code) = (fate, null);

    public void Refuse(int code) => (_fate, _code) = (WhatsAppFate.Accepted, code);

    public bool IsUnreachable() => _fate == WhatsAppFate.Unreachable;

    public Break Breaks() => _fate switch
    {
        WhatsAppFate.Dropped => Break.BeforeArrival,
        WhatsAppFate.AcceptedAndDropped => Break.AfterArrival,
        _ => Break.None,
    };

    public int? Refusal()
    {
        Arrived++;
        return _fate is WhatsAppFate.Hung or WhatsAppFate.RefusedByAMachineInBetween ? IProviderFaults.NoWord : _code;
    }

    public TimeSpan Takes() => _fate switch
    {
        WhatsAppFate.AcceptedSlowly => _slow,
        WhatsAppFate.AcceptedLate or WhatsAppFate.Hung => _tooLong,
        _ => _usual,
    };

    public Answering Answers() => _fate switch
    {
        WhatsAppFate.AcceptedAndHung => Answering.Never,
        WhatsAppFate.AcceptedBehindABadGateway => Answering.BadGateway,
        _ => Answering.Answers,
    };

    public Break LinkedBreaks() => Linked.TryDequeue(out var next) ? next : Break.None;

    public TimeSpan LinkedTakes() => _usual;
}
