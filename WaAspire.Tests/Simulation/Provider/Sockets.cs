using System.Globalization;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>WhatsApp's view of linked devices: one socket a session, whose messages carry ids of our own making.</summary>
internal sealed class Sockets(World world, Action<string> bug)
{
    private readonly Dictionary<string, (SimulatedProcess Holder, long Epoch)> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _requests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Epoch, long Seq)> _heads = new(StringComparer.Ordinal);

    /// <summary>Which message an id stands for.</summary>
    public void Know(string messageId, string requestId) => _requests[messageId] = requestId;

    public string? RequestOf(string messageId) => _requests.GetValueOrDefault(messageId);

    /// <summary>S9: whoever opens a session while another's socket is open would throw it out, and be thrown out by it.</summary>
    public void Open(string accountId, SimulatedProcess holder, long epoch)
    {
        if (_open.TryGetValue(accountId, out var other) && other.Holder != holder)
        {
            bug($"S9 two sockets: {holder.Name} (epoch {epoch}) opens {accountId} while {other.Holder.Name} (epoch {other.Epoch}) has it open");
        }

        world.Note($"{holder.Name} opens the session of {accountId}, epoch {epoch.ToString(CultureInfo.InvariantCulture)}");
        _open[accountId] = (holder, epoch);
    }

    public void Close(string accountId, SimulatedProcess holder)
    {
        if (_open.TryGetValue(accountId, out var open) && open.Holder == holder)
        {
            world.Note($"the session of {accountId} with {holder.Name} ends");
            _open.Remove(accountId);
        }
    }

    /// <summary>Who has the session open; null: nobody.</summary>
    public SimulatedProcess? HolderOf(string accountId) => _open.TryGetValue(accountId, out var open) ? open.Holder : null;

    public bool IsOpen(string accountId, SimulatedProcess holder, long epoch) => _open.TryGetValue(accountId, out var open) && open == (holder, epoch);

    /// <summary>S9: of two writes to a session's keys the later one never carries an older epoch or number.</summary>
    public void Watch(StoredDocument stored)
    {
        if (!stored.Path.StartsWith(FirestorePaths.Sessions, StringComparison.Ordinal) || stored.Path.Count(letter => letter == '/') > 1)
        {
            return;
        }

        var next = (Epoch: stored.Fields.Integer("epoch") ?? 0, Seq: stored.Fields.Integer("seq") ?? 0);
        if (_heads.TryGetValue(stored.Id, out var last) && next.CompareTo(last) <= 0)
        {
            bug($"S9 keys of two terms: {stored.Id} went from {last} to {next}");
        }

        _heads[stored.Id] = next;
    }
}
