using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Messaging.Accounts;

/// <summary>Tells every worker that one account changed. A hint: without Redis, each finds out when it reads all accounts again.</summary>
public sealed class AccountSignal(IConnectionMultiplexer redis, IOptions<LaneOptions> options, TimeProvider time)
{
    private static readonly RedisChannel _channel = "waaspire:account-changed";
    private readonly RedisCalls _calls = new(redis, options.Value.CallTimeout, time);

    /// <returns>False when nobody could be told.</returns>
    public async Task<bool> AnnounceAsync(string accountId)
    {
        try
        {
            await _calls.GuardAsync(redis.GetSubscriber().PublishAsync(_channel, accountId));
            return true;
        }
        catch (Exception exception) when (exception is LanesUnavailableException or RedisException)
        {
            return false;
        }
    }

    /// <summary>Calls <paramref name="heard"/> with each id from now on, also after Redis has been away. False when Redis is away now.</summary>
    public async Task<bool> ListenAsync(Action<string> heard)
    {
        try
        {
            await _calls.GuardAsync(redis.GetSubscriber().SubscribeAsync(_channel, (_, id) => heard(id!)));
            return true;
        }
        catch (Exception exception) when (exception is LanesUnavailableException or RedisException)
        {
            return false;
        }
    }
}
