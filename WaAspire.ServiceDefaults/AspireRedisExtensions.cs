using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;
using WaAspire.ServiceDefaults;
using WaAspire.ServiceDefaults.Tracing;

namespace Microsoft.Extensions.Hosting;

/// <summary>Aspire's Redis client integration, by its name and behaviour, until its package restores here.</summary>
public static class AspireRedisExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>
    /// Registers <see cref="IConnectionMultiplexer"/> for <c>ConnectionStrings:{connectionName}</c>, connected on first use and
    /// reconnecting by itself: a Redis that is away at the start stops nobody. Adds a health check that pings, and spans.
    /// </summary>
    /// <exception cref="InvalidOperationException">On first use, when no endpoint is configured.</exception>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        var settings = SettingsOf(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);
        builder.Services.TryAddSingleton<RedisMetrics>();
        if (!settings.DisableTracing)
        {
            builder.Services.TryAddSingleton<RedisSpans>();
        }

        builder.Services.TryAddSingleton<IConnectionMultiplexer>(services =>
        {
            var redis = ConnectionMultiplexer.Connect(OptionsOf(builder.Configuration, connectionName, settings, configureOptions));
            services.GetRequiredService<RedisMetrics>().Watch(redis);
            services.GetService<RedisSpans>()?.Watch(redis);
            return redis;
        });
        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>("StackExchange.Redis");
        }
    }

    private static StackExchangeRedisSettings SettingsOf(IConfiguration configuration, string connectionName)
    {
        var settings = new StackExchangeRedisSettings();
        configuration.GetSection(Section).Bind(settings);
        configuration.GetSection($"{Section}:{connectionName}").Bind(settings);
        if (configuration.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
        {
            settings.ConnectionString = connectionString;
        }

        return settings;
    }

    private static ConfigurationOptions OptionsOf(
        IConfiguration configuration, string connectionName, StackExchangeRedisSettings settings, Action<ConfigurationOptions>? configure)
    {
        var options = string.IsNullOrWhiteSpace(settings.ConnectionString) ? new ConfigurationOptions() : ConfigurationOptions.Parse(settings.ConnectionString);
        options.AbortOnConnectFail = false;
        configuration.GetSection($"{Section}:{nameof(ConfigurationOptions)}").Bind(options);
        configuration.GetSection($"{Section}:{connectionName}:{nameof(ConfigurationOptions)}").Bind(options);
        configure?.Invoke(options);
        return options.EndPoints.Count > 0
            ? options
            : throw new InvalidOperationException(
                $"Redis needs a connection string: ConnectionStrings:{connectionName} (or the variable ConnectionStrings__{connectionName}), or {Section}:ConnectionString.");
    }
}
