using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Faults;

/// <summary>
/// Strikes where it hurts most: between the commit of a claim and its reply, at the read-back of a lost reply, at the arrival
/// of WhatsApp's answer. Those are milliseconds, which blows at any moment hardly ever hit. Who is struck may wake up at the
/// worst time there is: when its message is somebody else's again.
/// </summary>
internal sealed class Ambush(World world, FaultPlan faults, Action<SimulatedProcess> crash)
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(400);
    private static readonly string[] _again = [OutboxStatusNames.Queued];
    private static readonly string[] _ended = [OutboxStatusNames.Sent, OutboxStatusNames.Failed, OutboxStatusNames.Canceled];
    private readonly Dictionary<string, (SimulatedProcess Sleeper, string[] Until)> _sleepers = new(StringComparer.Ordinal);

    /// <summary>A commit was applied, and its reply is about to leave.</summary>
    /// <returns>Whether the reply gets lost.</returns>
    public bool AtCommit(SimulatedProcess process, IReadOnlyList<DocumentWrite> writes)
    {
        if (writes.FirstOrDefault(write => write.Fields.Text(OutboxFields.Status) == OutboxStatusNames.Processing) is not { } claim)
        {
            return false;
        }

        if (faults.Strikes(FaultClass.Crash, 0.002))
        {
            world.Note($"{process.Name} has claimed {Name(claim.Path)}, and that was the last thing it did");
            crash(process);
        }
        else if (faults.Strikes(FaultClass.Freeze, 0.006))
        {
            PutToSleep(process, claim.Path, "has claimed");
        }

        return faults.Strikes(FaultClass.LostReplies, 0.03);
    }

    public void AtReadBack(SimulatedProcess process, IReadOnlyCollection<string> paths)
    {
        if (!process.Name.StartsWith("worker", StringComparison.Ordinal) || paths.FirstOrDefault(path => path.StartsWith(FirestorePaths.Outbox, StringComparison.Ordinal)) is not { } message)
        {
            return;
        }

        if (faults.Strikes(FaultClass.Freeze, 0.03))
        {
            PutToSleep(process, message, "is about to read what became of");
        }
        else if (faults.Strikes(FaultClass.Crash, 0.01))
        {
            world.Note($"{process.Name} is about to read what became of {Name(message)}, and that was the last thing it did");
            crash(process);
        }
    }

    /// <summary>A refusal for good frees the next message of its thread: who sleeps over it wakes up with two decisions in hand.</summary>
    public void AtAnswer(SimulatedProcess process, ReadOnlyMemory<byte> request, bool isRefused)
    {
        if (faults.Strikes(FaultClass.Freeze, isRefused ? 0.4 : 0.004))
        {
            using var json = JsonDocument.Parse(request);
            var opaque = json.RootElement.GetProperty("biz_opaque_callback_data").GetString()!;
            PutToSleep(process, FirestorePaths.OutboxMessage(opaque[..opaque.LastIndexOf(':')]), "is about to hear the answer to");
        }
    }

    public void Watch(StoredDocument stored)
    {
        if (_sleepers.Count > 0 && _sleepers.TryGetValue(stored.Path, out var waiting) && waiting.Until.Contains(stored.Fields.Text(OutboxFields.Status), StringComparer.Ordinal))
        {
            _sleepers.Remove(stored.Path);
            world.After(faults.Span(FaultClass.Freeze, 0, 0.2), null, () =>
            {
                world.Note($"{waiting.Sleeper.Name} wakes up: {Name(stored.Path)} is {stored.Fields.Text(OutboxFields.Status)}");
                waiting.Sleeper.Thaw();
            });
        }
    }

    private void PutToSleep(SimulatedProcess process, string path, string moment)
    {
        if (process.IsFrozen || !process.IsAlive)
        {
            return;
        }

        var kind = faults.Pick(FaultClass.Freeze, 4);
        var duration = kind == 0 ? faults.Span(FaultClass.Freeze, 20, 300) : _longest;
        world.Note($"{process.Name} {moment} {Name(path)}, and stands still for up to {duration.TotalSeconds:f0} s");
        process.Freeze(duration);
        if (kind > 0)
        {
            _sleepers[path] = (process, kind == 1 ? _ended : _again);
        }
    }

    private static string Name(string path) => path[(path.LastIndexOf('/') + 1)..][..8];
}
