using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => ConfiguredValue(builder.Configuration, name), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault && secret)
            throw new ArgumentException("A secret's value must not be published as a default.", nameof(publishValueAsDefault));
        return builder.AddResource(new ParameterResource(name, _ => value, secret));
    }

    /// <summary>A connection string that somebody else's server answers to: <c>ConnectionStrings:{name}</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null)
    {
        var value = new ParameterResource(name, _ => builder.Configuration.GetConnectionString(name)
            ?? throw new DistributedApplicationException($"Connection string '{name}' is missing: set ConnectionStrings:{name}."), secret: true);
        return builder.AddResource(new ConfiguredConnectionString(value, environmentVariableName));
    }

    // Shells cannot set a variable with a dash in its name, so underscores will do.
    private static string ConfiguredValue(ConfigurationManager configuration, string name) =>
        configuration[$"Parameters:{name}"]
        ?? configuration[$"Parameters:{name.Replace('-', '_')}"]
        ?? throw new DistributedApplicationException($"Parameter '{name}' has no value: set Parameters:{name}.");

    private sealed class ConfiguredConnectionString(ParameterResource value, string? environmentVariableName)
        : Resource(value.Name), IResourceWithConnectionString, IResourceWithWaitSupport
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{value}");

        public string? ConnectionStringEnvironmentVariable => environmentVariableName;
    }
}
