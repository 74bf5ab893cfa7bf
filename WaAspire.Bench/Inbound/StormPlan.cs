using System.Globalization;

namespace WaAspire.Bench.Inbound;

/// <param name="Messages">Inbound messages, each delivered once or more.</param>
/// <param name="Threads">People who write them.</param>
/// <param name="Sent">Messages of ours that statuses arrive for.</param>
/// <param name="Outage">How long Firestore answers nothing.</param>
/// <param name="Patience">How long a proxy waits for Firestore before it gives a request back.</param>
internal sealed record StormPlan(int Messages, int Threads, int Sent, TimeSpan Outage, TimeSpan Patience)
{
    public static readonly StormPlan Full = new(10_000, 200, 2_000, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10));

    /// <summary>The same at a tenth of the volume, with an outage that a loaded machine still tells from itself.</summary>
    public static readonly StormPlan Tenth = new(1_000, 40, 200, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(5));
}

/// <summary>What a storm left in the store.</summary>
/// <param name="Stored">Messages that are there.</param>
/// <param name="Lost">Messages that are not.</param>
/// <param name="Duplicated">Documents that are there beside them, and unread counts beyond what was written.</param>
/// <param name="WrongStatus">Messages of ours that show anything but the furthest status that was told.</param>
/// <param name="Refused">Deliveries that were not answered with 200, and came again.</param>
internal sealed record StormResult(int Stored, int Lost, int Duplicated, int WrongStatus, int Refused)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"stored {Stored} lost {Lost} duplicated {Duplicated} wrong-status {WrongStatus}");
}
