using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting
{
    public interface IDistributedApplicationBuilder
    {
        ConfigurationManager Configuration { get; }

        string AppHostDirectory { get; }

        Assembly? AppHostAssembly { get; }

        IHostEnvironment Environment { get; }

        IServiceCollection Services { get; }

        DistributedApplicationExecutionContext ExecutionContext { get; }

        IResourceCollection Resources { get; }

        IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

        IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

        DistributedApplication Build();
    }

    public sealed class DistributedApplicationOptions
    {
        public string[]? Args { get; set; }

        public string? AssemblyName { get; set; }

        public string? ProjectDirectory { get; set; }

        public bool DisableDashboard { get; set; }
    }

    public enum DistributedApplicationOperation
    {
        Run = 0,
        Publish = 1,
    }

    public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
    {
        public DistributedApplicationOperation Operation { get; } = operation;

        public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

        public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
    }

    public class DistributedApplicationException : Exception
    {
        public DistributedApplicationException()
        {
        }

        public DistributedApplicationException(string message) : base(message)
        {
        }

        public DistributedApplicationException(string message, Exception inner) : base(message, inner)
        {
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    // Covariant, so that a Redis server and a configured connection string can stand in the same variable.
    public interface IResourceBuilder<out T> where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        T Resource { get; }

        IResourceBuilder<T> WithAnnotation<TAnnotation>(
            TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation;
    }
}
