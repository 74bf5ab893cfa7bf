using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace WaAspire.LocalHosting.Watching;

/// <summary>The last lines of one replica and those who follow them. Full means that the oldest line goes.</summary>
internal sealed class LogBacklog(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new();
    private readonly HashSet<ChannelWriter<LogLine>> _followers = [];
    private int _lastNumber;

    public void Append(string content, bool isError)
    {
        lock (_gate)
        {
            var line = new LogLine(++_lastNumber, content, isError);
            if (_lines.Count == capacity)
                _lines.Dequeue();
            _lines.Enqueue(line);
            foreach (var follower in _followers)
                follower.TryWrite(line);
        }
    }

    public IReadOnlyList<LogLine> Lines()
    {
        lock (_gate)
            return [.. _lines];
    }

    public void Follow(ChannelWriter<LogLine> follower)
    {
        lock (_gate)
        {
            foreach (var line in _lines)
                follower.TryWrite(line);
            _followers.Add(follower);
        }
    }

    public void Unfollow(ChannelWriter<LogLine> follower)
    {
        lock (_gate)
            _followers.Remove(follower);
    }
}
