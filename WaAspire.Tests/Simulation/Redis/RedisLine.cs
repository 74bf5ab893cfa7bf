using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Store;

namespace WaAspire.Tests.Simulation.Redis;

/// <summary>Everybody who listens to a channel of the one Redis.</summary>
internal sealed class RedisChannels
{
    private readonly Dictionary<string, List<(RedisLine Line, Action<string> Heard)>> _listeners = new(StringComparer.Ordinal);

    public void Add(string channel, RedisLine line, Action<string> heard)
    {
        if (!_listeners.TryGetValue(channel, out var listeners))
        {
            _listeners[channel] = listeners = [];
        }

        listeners.Add((line, heard));
    }

    public void Publish(string channel, string message)
    {
        foreach (var (line, heard) in _listeners.GetValueOrDefault(channel) ?? [])
        {
            line.Deliver(heard, message);
        }
    }
}

/// <summary>One process's way to Redis. What is published while it is cut is heard by nobody.</summary>
internal sealed class RedisLine(RedisChannels channels, FaultPlan faults, Line line) : IRedisLine
{
    public Task<T> AskAsync<T>(Func<T> serve)
    {
        var call = new Call<T>(line);
        if (line.IsCut)
        {
            // Refused at once, or not answered at all: then the caller's own patience ends it.
            if (faults.Pick(FaultClass.RedisOutage, 2) == 0)
            {
                call.Fail(line.Latency(), new TimeoutException("simulated: Redis is away"));
            }

            return call.Task;
        }

        var (isLost, isDone) = faults.Strikes(FaultClass.RedisReplies, 0.01) ? (true, faults.Pick(FaultClass.RedisReplies, 2) == 0) : (false, true);
        if (isDone)
        {
            line.There(line.Latency(), () =>
            {
                var answer = serve();
                if (!isLost)
                {
                    call.Answer(line.Latency(), () => answer);
                }
            });
        }

        return call.Task;
    }

    public void Publish(string channel, string message) => channels.Publish(channel, message);

    public void Subscribe(string channel, Action<string> heard) => channels.Add(channel, this, heard);

    public void Deliver(Action<string> heard, string message)
    {
        if (line.Process.IsAlive && !line.IsCut && !faults.Strikes(FaultClass.RedisReplies, 0.02))
        {
            line.Back(line.Latency(), () => heard(message));
        }
    }
}
