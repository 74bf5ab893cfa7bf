using Aspire.Hosting.ApplicationModel;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>Who belongs to whom, for the graph: what the model says of it, and every wait.</summary>
internal static class Relationships
{
    public const string Parent = "Parent";
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";

    public static IEnumerable<(IResource Resource, string Type)> Of(IResource resource) =>
        resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(r => (r.Resource, r.Type))
            .Concat(resource.Annotations.OfType<WaitAnnotation>().Select(w => (w.Resource, WaitFor)))
            .Distinct();
}
