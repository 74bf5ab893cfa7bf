using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace Microsoft.Extensions.Hosting;

public static class FirestoreExtensions
{
    /// <summary>
    /// Registers <see cref="IFirestore"/>, <see cref="CommitBatcher"/>, <see cref="DocumentGatherer"/>, <see cref="ServerClock"/>
    /// and <see cref="FirestoreCost"/>, their options (validated at start) and the health check <c>firestore</c>.
    /// </summary>
    public static IHostApplicationBuilder AddFirestore(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<FirestoreOptions>()
            .BindConfiguration(FirestoreOptions.Section)
            .Configure<IConfiguration>(ReadFirebaseNames)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FirestoreOptions>, FirestoreOptionsValidator>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<FirestoreOptions>>().Value);

        services.TryAddSingleton(TimeProvider.System);
#pragma warning disable RS0030 // The composition root is where chance enters; a simulator registers its own before us.
        services.TryAddSingleton(Random.Shared);
#pragma warning restore RS0030

        services.TryAddSingleton<FirestoreCredentials>();
        services.TryAddSingleton<FirestoreTransport>();
        services.TryAddSingleton<RetryPause>();
        services.TryAddSingleton<ServerClock>();
        services.TryAddSingleton<FirestoreCost>();
        services.TryAddSingleton<IFirestore, RestFirestore>();
        services.TryAddSingleton(provider => new CommitBatcher(
            provider.GetRequiredService<IFirestore>(), provider.GetRequiredService<FirestoreOptions>(), provider.GetRequiredService<RetryPause>(), provider.GetRequiredService<FirestoreCost>()));
        services.TryAddSingleton(provider => new DocumentGatherer(
            provider.GetRequiredService<IFirestore>(), provider.GetRequiredService<FirestoreOptions>()));
        services.AddHealthChecks().AddCheck<FirestoreHealthCheck>(FirestoreHealthCheck.Name, tags: ["ready"]);
        return builder;
    }

    private static void ReadFirebaseNames(FirestoreOptions options, IConfiguration configuration)
    {
        options.ProjectId = configuration["FIREBASE_PROJECT_ID"] is { Length: > 0 } project ? project : options.ProjectId;
        options.EmulatorHost = configuration["FIRESTORE_EMULATOR_HOST"] is { Length: > 0 } host ? host : options.EmulatorHost;
    }
}
