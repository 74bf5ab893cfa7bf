using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// Enters: a replica's snapshot and the model. Leaves: aspire.v1.Resource, the row that the dashboard shows. Field numbers are
/// those of Aspire's dashboard_service.proto; what the dashboard insists on (created_at, a value in every property, display
/// properties in every URL) is always there.
/// </summary>
internal sealed class ResourceMessages(CommandMessages commands, DateTime appHostStarted)
{
    private static readonly string[] s_engines = ["docker", "podman"];

    /// <summary>WatchResourcesUpdate.initial_data: everything there is, before any change. Sent even if empty.</summary>
    public ProtoWriter Initial(IEnumerable<ResourceEvent> replicas) =>
        new ProtoWriter().Message(1, new ProtoWriter().Messages(1, replicas, Resource));

    /// <summary>WatchResourcesUpdate.changes with one upsert.</summary>
    public ProtoWriter Change(ResourceEvent replica) =>
        new ProtoWriter().Message(2, new ProtoWriter().Message(1, new ProtoWriter().Message(2, Resource(replica))));

    private ProtoWriter Resource(ResourceEvent replica)
    {
        var (resource, now) = (replica.Resource, replica.Snapshot);
        var isOver = now.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);
        return new ProtoWriter()
            .Text(1, replica.ResourceId)
            .Text(2, TypeOf(resource, now))
            .Text(3, resource.Name)
            .Text(4, replica.ResourceId)
            .Text(5, now.State?.Text)
            .Time(6, now.CreationTimeStamp ?? appHostStarted)
            .Messages(7, now.EnvironmentVariables.Where(v => v.IsFromSpec), v => new ProtoWriter().Text(1, v.Name).Text(2, v.Value).Flag(3, true))
            .Messages(11, commands.Of(replica), c => c)
            .Messages(12, PropertiesOf(resource, now), Property)
            .Messages(13, now.Urls, url => Url(url, isInactive: isOver))
            .Text(14, now.State?.Style)
            .Messages(17, HealthOf(resource, now), Health)
            .Time(18, now.StartTimeStamp)
            .Time(19, now.StopTimeStamp)
            .Messages(20, Relationships.Of(resource), r => new ProtoWriter().Text(1, r.Resource.Name).Text(2, r.Type));
    }

    // By these words the dashboard chooses icon, source column and page.
    private static string TypeOf(IResource resource, CustomResourceSnapshot snapshot) => resource switch
    {
        IResourceWithConnectionString when resource is not ContainerResource => "ConnectionString",
        ContainerResource => snapshot.Properties.FirstOrDefault(p => p.Name == "executable.path")?.Value is string path
            && !s_engines.Contains(Path.GetFileName(path)) ? "Executable" : "Container",
        _ => snapshot.ResourceType,
    };

    private static IEnumerable<ResourcePropertySnapshot> PropertiesOf(IResource resource, CustomResourceSnapshot snapshot)
    {
        if (resource.Annotations.OfType<IProjectMetadata>().FirstOrDefault() is { } project)
            yield return new("project.path", project.ProjectPath);
        foreach (var property in snapshot.Properties)
            yield return property;
        if (snapshot.ExitCode is { } code)
            yield return new("resource.exitCode", code);
    }

    private static ProtoWriter Property(ResourcePropertySnapshot property) => new ProtoWriter()
        .Text(1, property.Name)
        .Message(3, Value(property.Value))
        .Flag(4, property.IsSensitive);

    // google.protobuf.Value
    private static ProtoWriter Value(object? value) => value switch
    {
        null => new ProtoWriter().Integer(1, 0),
        int or long or double => new ProtoWriter().Double(2, Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        bool flag => new ProtoWriter().Flag(4, flag),
        _ => new ProtoWriter().Text(3, Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    private static ProtoWriter Url(UrlSnapshot url, bool isInactive) => new ProtoWriter()
        .Text(1, url.Name).Text(2, url.Url).Flag(3, url.IsInternal).Flag(4, isInactive)
        .Message(5, new ProtoWriter().Integer(1, url.DisplayText.Length == 0 ? 1 : 0).Text(2, url.DisplayText)); // an endpoint's own address comes first

    // A check that has not answered yet is told without a status: without any report the dashboard takes a running resource for healthy.
    private static IEnumerable<HealthReportSnapshot> HealthOf(IResource resource, CustomResourceSnapshot snapshot) =>
        snapshot.HealthReports.IsEmpty && snapshot.HealthStatus is null
            ? resource.Annotations.OfType<HealthCheckAnnotation>().Select(a => new HealthReportSnapshot(a.Key, null, null, null))
            : snapshot.HealthReports;

    private static ProtoWriter Health(HealthReportSnapshot report) => new ProtoWriter()
        .Integer(1, report.Status switch
        {
            HealthStatus.Healthy => 0,
            HealthStatus.Unhealthy => 1,
            HealthStatus.Degraded => 2,
            _ => null,
        })
        .Text(2, report.Name).Text(3, report.Description ?? "").Text(4, report.ExceptionText ?? "");
}
