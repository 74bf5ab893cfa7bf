using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;
using WaAspire.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>Aspire's Redis client integration, by its name and behaviour, until its package restores here.</summary>
public static class AspireRedisExtensions
{
    /// <summary>
    /// Registers <see cref="IConnectionMultiplexer"/> for <c>ConnectionStrings:{connectionName}</c>, connected on first use and
    /// reconnecting by itself: a Redis that is away at the start stops nobody. Adds a health check that pings.
    /// </summary>
    /// <exception cref="InvalidOperationException">On first use, when no connection string is configured.</exception>
    public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName, Action<ConfigurationOptions>? configureOptions = null)
    {
        builder.Services.TryAddSingleton<RedisMetrics>();
        builder.Services.TryAddSingleton<IConnectionMultiplexer>(services =>
        {
            var connectionString = services.GetRequiredService<IConfiguration>().GetConnectionString(connectionName);
            if (string.IsNullOrWhiteSpace(connectionString))
            {
                throw new InvalidOperationException($"Redis needs a connection string: ConnectionStrings:{connectionName} (or the variable ConnectionStrings__{connectionName}).");
            }

            var options = ConfigurationOptions.Parse(connectionString);
            options.AbortOnConnectFail = false;
            configureOptions?.Invoke(options);
            var redis = ConnectionMultiplexer.Connect(options);
            services.GetRequiredService<RedisMetrics>().Watch(redis);
            return redis;
        });
        builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>("StackExchange.Redis");
    }
}
