using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.LocalHosting.Ports;

namespace WaAspire.LocalHosting.Running;

/// <summary>
/// Enters: one endpoint's wishes. Leaves: its public port, a target port per replica, and whether a forwarder stands between.
/// A single replica without a port of its own binds the public one itself: one hop less, and nothing between a test and a crash.
/// </summary>
internal sealed class EndpointPlan
{
    private EndpointPlan(EndpointAnnotation endpoint, int publicPort, IReadOnlyList<int> targetPorts) =>
        (Endpoint, PublicPort, TargetPorts) = (endpoint, publicPort, targetPorts);

    public EndpointAnnotation Endpoint { get; }

    public int PublicPort { get; }

    public IReadOnlyList<int> TargetPorts { get; }

    public bool NeedsForwarder => TargetPorts.Count > 1 || TargetPorts[0] != PublicPort;

    /// <summary>Allocates, and tells the model: from here on every URL is known.</summary>
    public static EndpointPlan Make(IResource resource, EndpointAnnotation endpoint, int replicas, bool randomizePorts)
    {
        if (replicas > 1 && (!endpoint.IsProxied || endpoint.TargetPort is not null))
            throw new DistributedApplicationException($"'{resource.Name}' has replicas, so its endpoint '{endpoint.Name}' cannot have one fixed target port.");
        var wished = endpoint.IsProxied ? endpoint.Port : endpoint.Port ?? endpoint.TargetPort;
        var publicPort = wished is { } port && !randomizePorts ? Require(port, resource, endpoint) : PortAllocator.Take();
        IReadOnlyList<int> targets = replicas > 1
            ? [.. Enumerable.Range(0, replicas).Select(_ => PortAllocator.Take())]
            : [endpoint.IsProxied && endpoint.TargetPort is { } target ? target : publicPort];
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(
            endpoint, Loopback.HostName, publicPort, targets.Count == 1 ? targets[0].ToString(CultureInfo.InvariantCulture) : null);
        return new EndpointPlan(endpoint, publicPort, targets);
    }

    public void Return()
    {
        foreach (var port in TargetPorts.Append(PublicPort))
            PortAllocator.Return(port);
    }

    private static int Require(int port, IResource resource, EndpointAnnotation endpoint) => Loopback.IsFree(port)
        ? port
        : throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture,
            $"Port {port}, wanted for '{resource.Name}' ({endpoint.Name}), is in use: is this application running already?"));
}
