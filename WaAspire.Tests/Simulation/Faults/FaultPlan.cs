namespace WaAspire.Tests.Simulation.Faults;

/// <summary>
/// Which faults a run has, and when each strikes. Every class draws from a stream of its own, so that switching one off
/// leaves the others' draws as they are.
/// </summary>
internal sealed class FaultPlan
{
    private const FaultClass NeverInDoubt =
        FaultClass.LateCommits | FaultClass.Contention | FaultClass.Clocks | FaultClass.ProxyCrash | FaultClass.RedisLoss | FaultClass.RedisOutage
        | FaultClass.RedisReplies | FaultClass.Throttling | FaultClass.LateWebhooks | FaultClass.DuplicateWebhooks | FaultClass.DeadWebhooks;

    private static readonly double[] _tempers = [0.25, 1, 3];
    private readonly Dictionary<FaultClass, (Random Chance, double Temper)> _streams = [];

    public FaultPlan(int seed, FaultClass enabled)
    {
        Enabled = enabled;
        foreach (var fault in Classes(FaultClass.All))
        {
            var chance = new Random(unchecked((seed * 92821) ^ ((int)fault * 31) ^ 0x5eed));
            _streams[fault] = (chance, _tempers[chance.Next(_tempers.Length)]);
        }
    }

    public FaultClass Enabled { get; }

    /// <summary>Whether anything is on that may leave an outcome unknown for good.</summary>
    public bool MayDoubt => (Enabled & ~NeverInDoubt) != 0;

    /// <summary>False once everything is healed.</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>A swarm: about half of the classes each time; now and then none, all, or only such as leave nothing in doubt.</summary>
    public static FaultClass Draw(int seed)
    {
        var chance = new Random(unchecked(seed * 7919));
        var kind = chance.Next(20);
        return kind switch
        {
            0 => FaultClass.None,
            1 => FaultClass.All,
            _ => Classes(kind == 2 ? NeverInDoubt : FaultClass.All).Where(_ => chance.Next(2) == 0).Aggregate(FaultClass.None, (all, fault) => all | fault),
        };
    }

    public static IEnumerable<FaultClass> Classes(FaultClass among) =>
        Enumerable.Range(0, 20).Select(bit => (FaultClass)(1 << bit)).Where(fault => among.HasFlag(fault));

    public bool Has(FaultClass fault) => IsActive && Enabled.HasFlag(fault);

    /// <param name="fault">Of which class.</param>
    /// <param name="rate">How often, in a run of middling temper.</param>
    public bool Strikes(FaultClass fault, double rate) => Has(fault) && _streams[fault].Chance.NextDouble() < rate * _streams[fault].Temper;

    public int Pick(FaultClass fault, int count) => _streams[fault].Chance.Next(count);

    /// <summary>Short ones are likelier than long ones.</summary>
    public TimeSpan Span(FaultClass fault, double fromSeconds, double toSeconds)
    {
        var share = _streams[fault].Chance.NextDouble();
        return TimeSpan.FromSeconds(fromSeconds + ((toSeconds - fromSeconds) * share * share));
    }

    /// <summary>The moments at which a class strikes from outside, drawn beforehand.</summary>
    public IReadOnlyList<TimeSpan> Moments(FaultClass fault, TimeSpan within, double every)
    {
        if (!Enabled.HasFlag(fault))
        {
            return [];
        }

        var moments = new List<TimeSpan>();
        var (chance, temper) = _streams[fault];
        for (var at = 0d; ;)
        {
            at += every / temper * -Math.Log(1 - chance.NextDouble());
            if (at >= within.TotalSeconds || moments.Count >= 20)
            {
                return moments;
            }

            moments.Add(TimeSpan.FromSeconds(at));
        }
    }
}
