namespace WaAspire.Tests.Simulation.Faults;

/// <summary>What may go wrong. Each seed switches each class on or off; a failing run is shrunk by switching off what it does not need.</summary>
[Flags]
internal enum FaultClass
{
    None = 0,

    /// <summary>Workers die at any step, and others start.</summary>
    Crash = 1 << 0,

    /// <summary>Workers are told to end, and others start.</summary>
    Drain = 1 << 1,

    /// <summary>Workers stand still for seconds or minutes and do not know it.</summary>
    Freeze = 1 << 2,

    /// <summary>Wall clocks are hours off and jump; monotonic clocks run up to 1 % fast or slow.</summary>
    Clocks = 1 << 3,

    /// <summary>Proxies die at any step.</summary>
    ProxyCrash = 1 << 4,

    /// <summary>A commit is applied and its reply is lost, or the request itself is.</summary>
    LostReplies = 1 << 5,

    /// <summary>A commit arrives long after its sender has given it up.</summary>
    LateCommits = 1 << 6,

    /// <summary>Firestore aborts commits because of contention.</summary>
    Contention = 1 << 7,

    /// <summary>Firestore cannot be reached, by one process or by all.</summary>
    StoreOutage = 1 << 8,

    /// <summary>Calls to Firestore take seconds.</summary>
    SlowStore = 1 << 9,

    /// <summary>Redis loses everything, or the last second.</summary>
    RedisLoss = 1 << 10,

    /// <summary>Redis cannot be reached, by one process or by all.</summary>
    RedisOutage = 1 << 11,

    /// <summary>Single calls to Redis are lost, before or after they were done.</summary>
    RedisReplies = 1 << 12,

    /// <summary>WhatsApp accepts and its answer is lost, or the request never arrives.</summary>
    DroppedAnswers = 1 << 13,

    /// <summary>WhatsApp takes up to a minute, to accept or to refuse.</summary>
    SlowProvider = 1 << 14,

    /// <summary>WhatsApp answers with errors: its own, and those of machines in between.</summary>
    ProviderErrors = 1 << 15,

    /// <summary>WhatsApp says that a number or a recipient was written to too often.</summary>
    Throttling = 1 << 16,

    /// <summary>Receipts come late and in another order.</summary>
    LateWebhooks = 1 << 17,

    /// <summary>Receipts come twice.</summary>
    DuplicateWebhooks = 1 << 18,

    /// <summary>No receipt comes for minutes.</summary>
    DeadWebhooks = 1 << 19,

    All = (1 << 20) - 1,
}
