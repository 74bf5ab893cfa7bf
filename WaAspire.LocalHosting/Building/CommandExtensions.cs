using Aspire.Hosting.ApplicationModel;
using WaAspire.LocalHosting.Dashboard;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithCommand<T>(
        this IResourceBuilder<T> builder, string name, string displayName,
        Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand, CommandOptions? commandOptions = null)
        where T : IResource
    {
        // A command that is given again takes the place of the first, so that a test may replace one.
        if (builder.Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(c => c.Name == name) is { } known)
            builder.Resource.Annotations.Remove(known);
        var options = commandOptions ?? new();
        return builder.WithAnnotation(new ResourceCommandAnnotation(
            name, displayName, executeCommand, options.UpdateState ?? (_ => ResourceCommandState.Enabled), options));
    }

    /// <summary>A command that is one HTTP call to the resource. It can be run while the resource runs.</summary>
    public static IResourceBuilder<TResource> WithHttpCommand<TResource>(
        this IResourceBuilder<TResource> builder, string path, string displayName, string? endpointName = null, string? commandName = null,
        HttpCommandOptions? commandOptions = null)
        where TResource : IResourceWithEndpoints
    {
        var (endpoint, options) = (HttpEndpointOf(builder.Resource, endpointName), commandOptions ?? new());
        options.UpdateState ??= context =>
            context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
        var method = options.Method ?? HttpMethod.Post;
        var command = new HttpCommand(endpoint, path, method, options);
        return builder.WithCommand(
            commandName ?? $"{builder.Resource.Name}-{endpoint.EndpointName}-{method.Method.ToLowerInvariant()}-{path}", displayName, command.ExecuteAsync, options);
    }

    public static IResourceBuilder<T> WithRelationship<T>(this IResourceBuilder<T> builder, IResource resource, string type)
        where T : IResource => builder.WithAnnotation(new ResourceRelationshipAnnotation(resource, type));

    /// <summary>Shown below its parent.</summary>
    public static IResourceBuilder<T> WithParentRelationship<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> parent)
        where T : IResource => builder.WithRelationship(parent.Resource, Relationships.Parent);

    // What an environment variable says of another resource is a reference to it.
    private static IResourceBuilder<T> WithReferenceRelationship<T>(this IResourceBuilder<T> builder, object? value) where T : IResource
    {
        foreach (var resource in Mentioned(value).Where(r => !ReferenceEquals(r, builder.Resource)))
            builder.WithRelationship(resource, Relationships.Reference);
        return builder;
    }

    private static IEnumerable<IResource> Mentioned(object? value) => value switch
    {
        IResource resource => [resource],
        EndpointReference endpoint => [endpoint.Resource],
        EndpointReferenceExpression property => [property.Endpoint.Resource],
        ReferenceExpression expression => expression.ValueProviders.SelectMany(Mentioned),
        _ => [],
    };
}
