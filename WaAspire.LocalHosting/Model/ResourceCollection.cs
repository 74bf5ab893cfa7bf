using System.Collections.ObjectModel;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace WaAspire.LocalHosting.Model;

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    protected override void InsertItem(int index, IResource item)
    {
        // Names become process prefixes, URLs and configuration keys, all of which ignore case.
        if (this.Any(r => string.Equals(r.Name, item.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"There are two resources named '{item.Name}'; names must differ by more than case.");
        base.InsertItem(index, item);
    }
}
