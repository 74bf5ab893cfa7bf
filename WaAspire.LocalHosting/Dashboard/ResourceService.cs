using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WaAspire.LocalHosting.Building;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// aspire.v1.DashboardService, what the dashboard knows of us and what it may do. Enters: calls with our key. Leaves: resources
/// and their changes, console lines, the results of commands. If the caller goes, its streams end; nothing of it is kept.
/// </summary>
internal sealed class ResourceService(
    string key, ResourceMessages messages, ResourceNotificationService notifications, ResourceLoggerService logs,
    ResourceCommandService commands, Prompts prompts, AppHostFacts appHost, ILogger logger)
{
    private const string KeyHeader = "x-resource-service-api-key";
    private const int PromptsKept = 100;
    private const string Path = "/aspire.v1.DashboardService/";

    /// <summary>What the page is called: the AppHost without its suffix.</summary>
    public static string NameOf(Assembly? appHost) =>
        (appHost?.GetName().Name ?? "AppHost") is var name && name.EndsWith(".AppHost", StringComparison.Ordinal) ? name[..^".AppHost".Length] : name;

    public async Task ServeAsync(HttpContext http, CancellationToken stopping)
    {
        var call = new GrpcCall(http);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(http.Request.Headers[KeyHeader].ToString()), Encoding.UTF8.GetBytes(key)))
        {
            call.End(GrpcStatus.Unauthenticated);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            call.End(await AnswerAsync(http.Request.Path.Value ?? "", call, either.Token));
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException)
        {
            call.End(GrpcStatus.InvalidArgument);
        }
        catch (Exception fault) when (either.IsCancellationRequested && fault is OperationCanceledException or IOException)
        {
            // The caller has gone, or we stop: nobody listens to how it ended.
        }
        catch (Exception fault)
        {
            // A bug, such as in a command of the model, costs one answer and is named.
            LocalHostingLog.DashboardCallFailed(logger, http.Request.Path.Value ?? "", fault);
            call.End(GrpcStatus.Internal);
        }
    }

    private async Task<GrpcStatus> AnswerAsync(string path, GrpcCall call, CancellationToken cancellationToken)
    {
        switch (path.StartsWith(Path, StringComparison.Ordinal) ? path[Path.Length..] : "")
        {
            case "GetApplicationInformation":
                await call.WriteAsync(new ProtoWriter().Text(1, NameOf(appHost.Assembly)), cancellationToken);
                return GrpcStatus.Ok;
            case "WatchResources":
                await WatchResourcesAsync(call, cancellationToken);
                return GrpcStatus.Ok;
            case "WatchResourceConsoleLogs":
                await WatchLogsAsync(call, ProtoReader.Fields(await call.ReadAsync(cancellationToken)), cancellationToken);
                return GrpcStatus.Ok;
            case "ExecuteResourceCommand":
                await ExecuteAsync(call, ProtoReader.Fields(await call.ReadAsync(cancellationToken)), cancellationToken);
                return GrpcStatus.Ok;
            case "WatchInteractions":
                await WatchPromptsAsync(call, cancellationToken);
                return GrpcStatus.Ok;
            default:
                return GrpcStatus.Unimplemented;
        }
    }

    private async Task WatchResourcesAsync(GrpcCall call, CancellationToken cancellationToken)
    {
        await call.StartAsync(cancellationToken);
        await call.WriteAsync(messages.Initial(notifications.Current()), cancellationToken);
        // It begins with the present state once more: what changed between the two lines above and below is in it.
        await foreach (var replica in notifications.WatchAsync(cancellationToken))
            await call.WriteAsync(messages.Change(replica), cancellationToken);
    }

    private async Task WatchLogsAsync(GrpcCall call, IReadOnlyList<ProtoField> request, CancellationToken cancellationToken)
    {
        await call.StartAsync(cancellationToken);
        var (resource, isSnapshot) = (request.TextOf(1), request.Any(f => f is { Number: 2, Value: 1 }));
        // Somebody's wrong name must not leave a backlog behind.
        if (!notifications.TryGetCurrentState(resource, out _))
            return;
        var batches = isSnapshot ? logs.GetAllAsync(resource) : logs.WatchAsync(resource);
        await foreach (var lines in batches.WithCancellation(cancellationToken))
            await call.WriteAsync(new ProtoWriter().Messages(1, lines, Line), cancellationToken);
    }

    private static ProtoWriter Line(LogLine line) =>
        new ProtoWriter().Text(1, line.Content).Flag(2, line.IsErrorMessage).Integer(3, line.LineNumber);

    private async Task ExecuteAsync(GrpcCall call, IReadOnlyList<ProtoField> request, CancellationToken cancellationToken)
    {
        var arguments = request.Where(f => f.Number == 5).Select(f => ProtoReader.Fields(f.Bytes)).ToDictionary(entry => entry.TextOf(1), ArgumentOf);
        var result = await RunAsync(request.TextOf(2), request.TextOf(1), arguments, cancellationToken);
        var answer = new ProtoWriter().Integer(1, result.Success ? 1 : result.Canceled ? 3 : 2).Text(3, result.Message);
        if (result.Data is { } data)
            answer.Message(4, new ProtoWriter().Text(1, data.Value).Integer(2, (int)data.Format + 1).Flag(3, data.DisplayImmediately));
        await call.WriteAsync(answer, cancellationToken);
    }

    // A command that needs to know something asks for it, unless the caller has said it already.
    private async Task<ExecuteCommandResult> RunAsync(
        string resource, string command, Dictionary<string, string?> arguments, CancellationToken cancellationToken)
    {
        if (arguments.Count == 0 && CommandOf(resource, command) is { ArgumentInputs: { Count: > 0 } inputs, DisplayName: var title })
        {
            if (await prompts.AskAsync(title, inputs, cancellationToken) is not { } given)
                return CommandResults.Canceled();
            arguments = given;
        }

        return await commands.ExecuteAsync(resource, command, arguments, cancellationToken);
    }

    private ResourceCommandAnnotation? CommandOf(string resource, string command) => notifications.TryGetCurrentState(resource, out var state)
        ? state.Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(c => c.Name == command)
        : null;

    private async Task WatchPromptsAsync(GrpcCall call, CancellationToken cancellationToken)
    {
        await call.StartAsync(cancellationToken);
        var updates = Channel.CreateBounded<ProtoWriter>(new BoundedChannelOptions(PromptsKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        prompts.Follow(updates.Writer);
        var answers = TakeAnswersAsync(call, either);
        try
        {
            await foreach (var update in updates.Reader.ReadAllAsync(either.Token))
                await call.WriteAsync(update, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It has nothing more to say, so there is nobody to ask.
        }
        finally
        {
            prompts.Unfollow(updates.Writer);
            await either.CancelAsync();
            await answers;
        }
    }

    private async Task TakeAnswersAsync(GrpcCall call, CancellationTokenSource both)
    {
        try
        {
            await foreach (var answer in call.ReadAllAsync(both.Token))
                prompts.Take(answer);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or OperationCanceledException)
        {
            // The dashboard has gone: so has the other direction.
        }

        await both.CancelAsync();
    }

    // google.protobuf.Value, the map entry's field 2, as text.
    private static string? ArgumentOf(IReadOnlyList<ProtoField> entry)
    {
        var value = entry.Where(f => f.Number == 2).SelectMany(f => ProtoReader.Fields(f.Bytes)).LastOrDefault();
        return value.Number switch
        {
            2 => BitConverter.UInt64BitsToDouble(value.Value).ToString(System.Globalization.CultureInfo.InvariantCulture),
            3 => value.Text,
            4 => value.Value == 1 ? "true" : "false",
            _ => null,
        };
    }
}
