using Microsoft.Extensions.DependencyInjection;
using WaAspire.LocalHosting.Running;

namespace Aspire.Hosting.ApplicationModel;

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public bool Canceled { get; init; }

    public string? Message { get; init; }
}

/// <summary>The three commands that every process has: <c>start</c>, <c>stop</c> and <c>restart</c>.</summary>
public class ResourceCommandService
{
    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services) => _services = services;

    /// <summary>For one replica, by its id; a resource with a single replica also answers to its name.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(Orchestrator.ReplicasNamed(resourceId), resourceId, commandName, cancellationToken);

    /// <summary>For every replica of the resource at once.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(Orchestrator.ReplicasOf(resource), resource.Name, commandName, cancellationToken);

    private Orchestrator Orchestrator => _services.GetRequiredService<Orchestrator>();

    private static async Task<ExecuteCommandResult> ExecuteAsync(
        IReadOnlyList<Replica> replicas, string target, string command, CancellationToken cancellationToken)
    {
        if (replicas.Count == 0)
            return Failure($"There is no process named '{target}'.");
        var results = await Task.WhenAll(replicas.Select(replica => ExecuteAsync(replica, command, cancellationToken)));
        return results.FirstOrDefault(r => !r.Success) ?? results[0];
    }

    private static async Task<ExecuteCommandResult> ExecuteAsync(Replica replica, string command, CancellationToken cancellationToken)
    {
        try
        {
            var done = command switch
            {
                "start" => await replica.StartAsync(cancellationToken),
                "stop" => await replica.StopAsync(cancellationToken),
                "restart" => await replica.RestartAsync(cancellationToken),
                _ => throw new DistributedApplicationException($"There is no command '{command}'."),
            };
            return done ? new() { Success = true } : Failure($"'{command}' does nothing to '{replica.Id}' in its present state.");
        }
        catch (DistributedApplicationException fault)
        {
            return Failure(fault.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new() { Success = false, Canceled = true };
        }
    }

    private static ExecuteCommandResult Failure(string message) => new() { Success = false, Message = message };
}
