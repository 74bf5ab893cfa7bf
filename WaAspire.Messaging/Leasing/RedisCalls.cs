using StackExchange.Redis;

namespace WaAspire.Messaging.Leasing;

/// <summary>Every call to Redis: bounded in time, and with one name for every failure, <see cref="LanesUnavailableException"/>.</summary>
public sealed class RedisCalls(IConnectionMultiplexer redis, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Runs a Lua script in one round trip.</summary>
    public async Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] arguments)
    {
        try
        {
            return await GuardAsync(redis.GetDatabase().ScriptEvaluateAsync(script, keys, arguments));
        }
        catch (LanesUnavailableException exception) when (IsForgottenScript(exception.InnerException))
        {
            // A restarted server has forgotten the script that the client believes it knows; the client has just learnt so.
            return await GuardAsync(redis.GetDatabase().ScriptEvaluateAsync(script, keys, arguments));
        }
    }

    /// <summary>Also bounds the answer that never comes: this client's asynchronous calls have no time-out of their own.</summary>
    public async Task<T> GuardAsync<T>(Task<T> call)
    {
        await GuardAsync((Task)call);
        return await call;
    }

    public async Task GuardAsync(Task call)
    {
        try
        {
            await call.WaitAsync(timeout, time);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            throw new LanesUnavailableException("The lanes cannot be reached.", exception);
        }
    }

    private static bool IsForgottenScript(Exception? exception) =>
        exception is RedisServerException { Message: var message } && message.StartsWith("NOSCRIPT", StringComparison.Ordinal);
}
