using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox.Assertions;

namespace Microsoft.Extensions.Hosting;

public static class InboundExtensions
{
    /// <summary>
    /// Registers <see cref="InboundProcessor"/>, <see cref="IStatusIntake"/>, <see cref="InboundRejections"/> and <see cref="OutboxGuard"/>. Needs
    /// Firestore, and Redis where it saves work: a Redis that is away is asked on first use and stops nobody.
    /// </summary>
    public static IHostApplicationBuilder AddInbound(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<InboundOptions>().BindConfiguration(InboundOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(provider => new Lazy<IConnectionMultiplexer>(provider.GetRequiredService<IConnectionMultiplexer>));
        services.TryAddSingleton<SeenMessages>();
        services.TryAddSingleton<InboundRejections>();
        services.TryAddSingleton<InboundProcessor>();
        services.TryAddSingleton<OutboxGuard>();
        services.TryAddSingleton<ThreadLinks>();
        services.TryAddSingleton<IStatusIntake, StatusIntake>();
        return builder;
    }
}
