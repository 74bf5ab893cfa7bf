using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.LocalHosting.Running;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>aspire.v1.ResourceCommand: start, stop and restart of a process as its state allows them, and the model's own commands.</summary>
internal sealed class CommandMessages(IServiceProvider services)
{
    public IEnumerable<ProtoWriter> Of(ResourceEvent replica)
    {
        if (LaunchPlanner.IsProcess(replica.Resource))
        {
            foreach (var lifecycle in Lifecycle(replica.Snapshot.State?.Text))
                yield return lifecycle;
        }

        var context = new UpdateCommandStateContext { ResourceSnapshot = replica.Snapshot, ServiceProvider = services };
        foreach (var command in replica.Resource.Annotations.OfType<ResourceCommandAnnotation>())
            yield return Custom(command, command.UpdateState(context));
    }

    private static IEnumerable<ProtoWriter> Lifecycle(string? state)
    {
        var rests = state is null || state == KnownResourceStates.NotStarted || state == KnownResourceStates.Waiting || KnownResourceStates.TerminalStates.Contains(state);
        var runs = state == KnownResourceStates.Running || state == KnownResourceStates.RuntimeUnhealthy;
        yield return BuiltIn("start", "Start", "Play", rests ? ResourceCommandState.Enabled : ResourceCommandState.Hidden);
        yield return BuiltIn("stop", "Stop", "Stop", runs ? ResourceCommandState.Enabled : rests ? ResourceCommandState.Hidden : ResourceCommandState.Disabled);
        yield return BuiltIn("restart", "Restart", "ArrowCounterclockwise", runs ? ResourceCommandState.Enabled : ResourceCommandState.Disabled, highlighted: false);
    }

    private static ProtoWriter BuiltIn(string name, string title, string icon, ResourceCommandState state, bool highlighted = true) => new ProtoWriter()
        .Text(1, name).Text(2, title).Flag(5, highlighted).Text(6, icon).Integer(7, (int)IconVariant.Filled).Integer(9, (int)state);

    private static ProtoWriter Custom(ResourceCommandAnnotation command, ResourceCommandState state) => new ProtoWriter()
        .Text(1, command.Name)
        .Text(2, command.DisplayName)
        .Text(3, command.ConfirmationMessage)
        .Flag(5, command.IsHighlighted)
        .Text(6, command.IconName)
        .Integer(7, (int?)command.IconVariant)
        .Text(8, command.DisplayDescription)
        .Integer(9, (int)state)
        .Messages(10, command.ArgumentInputs ?? [], Input);

    // aspire.v1.InteractionInput; its types count from one.
    internal static ProtoWriter Input(InteractionInput input) => new ProtoWriter()
        .Text(1, input.Label ?? input.Name)
        .Text(2, input.Placeholder ?? "")
        .Integer(3, (int)input.InputType + 1)
        .Flag(4, input.Required)
        .Text(6, input.Value ?? "")
        .Text(8, input.Description ?? "")
        .Integer(10, input.MaxLength)
        .Text(14, input.Name);
}
