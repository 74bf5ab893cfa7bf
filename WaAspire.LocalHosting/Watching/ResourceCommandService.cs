using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WaAspire.LocalHosting.Running;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The three commands that every process has, <c>start</c>, <c>stop</c> and <c>restart</c>, and those of the model.</summary>
public class ResourceCommandService
{
    private static readonly Dictionary<string, string?> s_noArguments = [];

    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services) => _services = services;

    /// <summary>For one replica, by its id; a resource with a single replica also answers to its name.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resourceId, commandName, s_noArguments, cancellationToken);

    /// <summary>For every replica of the resource at once.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(Orchestrator.ReplicasOf(resource), resource.Name, commandName, s_noArguments, cancellationToken);

    /// <param name="resourceId">Of a replica.</param>
    /// <param name="commandName">Built in, or the model's.</param>
    /// <param name="arguments">What a person filled in, by the input's name.</param>
    /// <param name="cancellationToken">Ends the wait for the command.</param>
    internal Task<ExecuteCommandResult> ExecuteAsync(
        string resourceId, string commandName, IReadOnlyDictionary<string, string?> arguments, CancellationToken cancellationToken) =>
        ExecuteAsync(Orchestrator.ReplicasNamed(resourceId), resourceId, commandName, arguments, cancellationToken);

    private Orchestrator Orchestrator => _services.GetRequiredService<Orchestrator>();

    private async Task<ExecuteCommandResult> ExecuteAsync(
        IReadOnlyList<Replica> replicas, string target, string command, IReadOnlyDictionary<string, string?> arguments, CancellationToken cancellationToken)
    {
        if (replicas.Count == 0)
            return CommandResults.Failure($"There is no process named '{target}'.");
        var results = await Task.WhenAll(replicas.Select(replica => ExecuteAsync(replica, command, arguments, cancellationToken)));
        return results.FirstOrDefault(r => !r.Success) ?? results[0];
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(
        Replica replica, string command, IReadOnlyDictionary<string, string?> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return command switch
            {
                "start" => Done(await replica.StartAsync(cancellationToken), replica, command),
                "stop" => Done(await replica.StopAsync(cancellationToken), replica, command),
                "restart" => Done(await replica.RestartAsync(cancellationToken), replica, command),
                _ => await ExecuteCustomAsync(replica, command, arguments, cancellationToken),
            };
        }
        catch (DistributedApplicationException fault)
        {
            return CommandResults.Failure(fault);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
    }

    private async Task<ExecuteCommandResult> ExecuteCustomAsync(
        Replica replica, string name, IReadOnlyDictionary<string, string?> arguments, CancellationToken cancellationToken)
    {
        var command = replica.Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(c => c.Name == name)
            ?? throw new DistributedApplicationException($"There is no command '{name}'.");
        var inputs = (command.ArgumentInputs ?? []).Select(input => input.With(arguments.TryGetValue(input.Name, out var given) ? given : input.Value)).ToList();
        if (inputs.Find(input => input.Required && string.IsNullOrWhiteSpace(input.Value)) is { } missing)
            throw new DistributedApplicationException($"'{missing.Label ?? missing.Name}' is required.");
        if (inputs.Find(input => input.Value?.Length > (input.MaxLength ?? int.MaxValue)) is { } tooLong)
            throw new DistributedApplicationException($"'{tooLong.Label ?? tooLong.Name}' is too long.");
        return await command.ExecuteCommand(new()
        {
            ServiceProvider = _services,
            ResourceName = replica.Id,
            CancellationToken = cancellationToken,
            Logger = _services.GetRequiredService<ILoggerFactory>().CreateLogger(replica.Id),
            Arguments = new(inputs),
        });
    }

    private static ExecuteCommandResult Done(bool done, Replica replica, string command) =>
        done ? CommandResults.Success() : CommandResults.Failure($"'{command}' does nothing to '{replica.Id}' in its present state.");
}
