using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using WaAspire.LocalHosting.Health;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null, string? env = null, bool? isProxied = null)
        where T : IResourceWithEndpoints =>
        builder.WithEndpoint(port, targetPort, "http", name, env, isProxied);

    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? scheme = null, string? name = null,
        string? env = null, bool? isProxied = null, bool? isExternal = null, ProtocolType? protocol = null)
        where T : IResourceWithEndpoints
    {
        var endpoint = new EndpointAnnotation(
            protocol ?? ProtocolType.Tcp, scheme, transport: null, name, port, targetPort, isExternal, isProxied ?? true);
        var known = builder.Resource.Annotations.OfType<EndpointAnnotation>()
            .FirstOrDefault(e => string.Equals(e.Name, endpoint.Name, StringComparison.OrdinalIgnoreCase));
        if (known is not null)
            builder.Resource.Annotations.Remove(known); // naming an endpoint again changes it
        builder.WithAnnotation(endpoint);
        if (env is not null)
            builder.WithAnnotation(new TargetPortVariable(endpoint.Name, env));
        return builder;
    }

    /// <summary>Marks the HTTP endpoints that exist at this moment as meant for the outside.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder) where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https"))
            endpoint.IsExternal = true;
        return builder;
    }

    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name) where T : IResourceWithEndpoints =>
        new(builder.Resource, name);

    /// <summary>One more address to show for the resource. A path is one at the endpoint.</summary>
    public static IResourceBuilder<T> WithUrlForEndpoint<T>(
        this IResourceBuilder<T> builder, string endpointName, Func<EndpointReference, ResourceUrlAnnotation> callback)
        where T : IResourceWithEndpoints =>
        builder.WithAnnotation(new UrlOfEndpoint(endpointName, () => callback(builder.GetEndpoint(endpointName))));

    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        var endpoint = HttpEndpointOf(builder.Resource, endpointName);
        var check = new HttpProbe(endpoint, path ?? "/", statusCode ?? 200);
        var key = string.Create(CultureInfo.InvariantCulture,
            $"{builder.Resource.Name}_{endpoint.EndpointName}_{check.Path}_{check.StatusCode}_check");
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, _ => check, HealthStatus.Unhealthy, tags: null, HttpProbe.Timeout));
        return builder.WithHealthCheck(key);
    }

    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key) where T : IResource
    {
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(a => a.Key == key))
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has the health check '{key}'.");
        return builder.WithAnnotation(new HealthCheckAnnotation(key));
    }

    private static EndpointReference HttpEndpointOf(IResourceWithEndpoints resource, string? name)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        var chosen = name is null
            ? endpoints.Find(e => e.UriScheme == "https") ?? endpoints.Find(e => e.UriScheme == "http")
            : endpoints.Find(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase));
        return chosen is null
            ? throw new DistributedApplicationException($"Resource '{resource.Name}' has no HTTP endpoint for a health check: add it first.")
            : new(resource, chosen.Name);
    }
}

/// <summary>The child learns the port to listen on from this variable (the <c>env</c> of an endpoint).</summary>
internal sealed record TargetPortVariable(string EndpointName, string Variable) : IResourceAnnotation;

/// <summary>What else is shown of an endpoint, once it has a port.</summary>
internal sealed record UrlOfEndpoint(string EndpointName, Func<ResourceUrlAnnotation> Read) : IResourceAnnotation;
