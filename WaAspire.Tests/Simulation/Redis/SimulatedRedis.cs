using System.Globalization;
using System.Reflection;
using StackExchange.Redis;

namespace WaAspire.Tests.Simulation.Redis;

/// <summary>The way from one process to Redis: late, lost or cut off, as the faults will have it.</summary>
internal interface IRedisLine
{
    /// <summary>Runs <paramref name="serve"/> where Redis is, and brings back what it said.</summary>
    Task<T> AskAsync<T>(Func<T> serve);

    void Publish(string channel, string message);

    void Subscribe(string channel, Action<string> heard);
}

/// <summary>The client library's interfaces over one line, as far as the product uses them: nothing above them is simulated.</summary>
internal static class SimulatedRedis
{
    private static readonly ConstructorInfo _single = ResultType("SingleRedisResult").GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [typeof(RedisValue)])!;
    private static readonly ConstructorInfo _array = ResultType("ArrayRedisResult").GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [typeof(RedisResult[])])!;

    public static IConnectionMultiplexer Connect(RedisMemory memory, IRedisLine line)
    {
        var (database, subscriber) = (Proxy<IDatabase>(Answer), Proxy<ISubscriber>(Answer));
        return Proxy<IConnectionMultiplexer>((method, _) => method switch
        {
            nameof(IConnectionMultiplexer.GetDatabase) => database,
            nameof(IConnectionMultiplexer.GetSubscriber) => subscriber,
            _ => throw new NotSupportedException($"The simulated Redis has no {method}."),
        });

        object? Answer(string method, object?[] given) => method switch
        {
            nameof(IDatabaseAsync.ScriptEvaluateAsync) => EvaluateAsync((string)given[0]!, (RedisKey[]?)given[1] ?? [], (RedisValue[]?)given[2] ?? []),
            nameof(IDatabaseAsync.StringSetAsync) => SetAsync((RedisKey)given[0]!, (RedisValue)given[1]!, (TimeSpan?)given[2], (When)given[3]!),
            nameof(IDatabaseAsync.KeyExistsAsync) => ExistsAsync((RedisKey)given[0]!),
            nameof(IDatabaseAsync.HashDeleteAsync) => DeleteAsync((RedisKey)given[0]!, (RedisValue)given[1]!),
            nameof(ISubscriber.PublishAsync) => PublishAsync((string)(RedisChannel)given[0]!, (string)(RedisValue)given[1]!, (CommandFlags)given[2]!),
            nameof(ISubscriber.SubscribeAsync) => SubscribeAsync((RedisChannel)given[0]!, (Action<RedisChannel, RedisValue>)given[1]!),
            _ => throw new NotSupportedException($"The simulated Redis has no {method}."),
        };

        async Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] arguments)
        {
            string[] names = [.. keys.Select(key => (string)key!)];
            string[] values = [.. arguments.Select(value => (string)value!)];
            return Result(await line.AskAsync(() => memory.Evaluate(script, names, values)));
        }

        Task<bool> SetAsync(RedisKey key, RedisValue value, TimeSpan? life, When when)
        {
            string[] command =
            [
                "SET", key!, value!,
                .. when == When.NotExists ? new[] { "NX" } : [],
                .. life is { } span ? ["PX", span.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            ];
            return line.AskAsync(() => memory.Call(command) is "OK");
        }

        Task<bool> ExistsAsync(RedisKey key)
        {
            string[] command = ["EXISTS", key!];
            return line.AskAsync(() => memory.Call(command) is 1d);
        }

        Task<bool> DeleteAsync(RedisKey key, RedisValue field)
        {
            string[] command = ["HDEL", key!, field!];
            return line.AskAsync(() => memory.Call(command) is 1d);
        }

        Task<long> PublishAsync(string channel, string message, CommandFlags flags)
        {
            var told = line.AskAsync(() =>
            {
                line.Publish(channel, message);
                return 1L;
            });
            return flags.HasFlag(CommandFlags.FireAndForget) ? Task.FromResult(0L) : told;
        }

        Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> heard) => line.AskAsync(() =>
        {
            line.Subscribe(channel!, message => heard(channel, message));
            return true;
        });
    }

    private static RedisResult Result(object? answer) => answer switch
    {
        LuaTable table => (RedisResult)_array.Invoke([table.Items.TakeWhile(item => item is not null).Select(Result).ToArray()]),
        _ => (RedisResult)_single.Invoke([Value(answer)]),
    };

    private static RedisValue Value(object? answer) => answer switch
    {
        string text => text,
        double number => (long)number,
        true => 1L,
        _ => RedisValue.Null,
    };

    private static Type ResultType(string name) => typeof(RedisResult).GetNestedType(name, BindingFlags.NonPublic)!;

    private static T Proxy<T>(Func<string, object?[], object?> answer)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, Dispatcher>();
        ((Dispatcher)(object)proxy).Answer = answer;
        return proxy;
    }
}

/// <summary>Every call of an interface as a name and its arguments.</summary>
#pragma warning disable CA1852 // The runtime derives from it.
internal class Dispatcher : DispatchProxy
#pragma warning restore CA1852
{
    public Func<string, object?[], object?> Answer { get; set; } = null!;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(targetMethod!.Name, args ?? []);
}
