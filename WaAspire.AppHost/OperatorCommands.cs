using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace WaAspire.AppHost;

#pragma warning disable ASPIREINTERACTION001 // Inputs of commands are an experiment of Aspire's; without them nobody could name an account.
#pragma warning disable CS0618 // A later Aspire renames ServiceProvider; both names are there.

/// <summary>
/// What an operator does from the dashboard: each is a button, its inputs, and one call of an endpoint that exists without it.
/// The calls carry the internal token; who may press the buttons is whoever may see the dashboard.
/// </summary>
internal static class OperatorCommands
{
    private const string InternalToken = "X-Internal-Token";

    public static IResourceBuilder<ProjectResource> WithOperatorCommands(
        this IResourceBuilder<ProjectResource> worker, IResourceBuilder<ParameterResource> internalToken)
    {
        var token = internalToken.Resource;
        return worker
            .WithCommand("drain", "Drain", context => DrainAsync(worker, token, context), new CommandOptions
            {
                Description = "This worker takes nothing new, finishes what it has in hand, gives back its lanes and accounts, and ends.",
                ConfirmationMessage = "Drain this worker? It ends when it has finished; Start brings it back.",
                IconName = "ArrowExit",
                UpdateState = OnlyWhileItRuns,
            })
            .WithCall("/internal/sweep", "sweep", "Sweep now", "Broom", token, "Looks at once for messages that nobody was told of.")
            .WithCall("/internal/outbox/replay", "replay-dead-letters", "Replay dead letters", "ArrowRepeatAll", token,
                "Sends the failed messages of an account once more, at most a hundred at a time.",
                [Account(), new() { Name = "code", Label = "Only with this error code", InputType = InputType.Text, MaxLength = 64 }],
                call => Say(call, new { accountId = Value(call, "account"), code = Value(call, "code") }))
            .WithAccountCall("/internal/accounts/{account}/pause", "pause-account", "Pause an account", "Pause", token, "Its messages wait until it is resumed.")
            .WithAccountCall("/internal/accounts/{account}/resume", "resume-account", "Resume an account", "Play", token, "Its messages go on.")
            .WithAccountCall("/api/whatsapp/regenerate-qr/{account}", "regenerate-qr", "Regenerate a QR code", "QrCode", token,
                "Asks WhatsApp for a new code to scan. It shows in the account.");
    }

    /// <summary>Local only: signs in as the demo's employee and sends as an app does.</summary>
    public static IResourceBuilder<ProjectResource> WithTestMessageCommand(this IResourceBuilder<ProjectResource> proxy, EndpointReference auth) =>
        proxy.WithHttpCommand("/whatsappProxySend", "Send a test message", commandName: "send-test-message", commandOptions: new HttpCommandOptions
        {
            Description = "From the demo's employee to Ana, through everything: look for its trace.",
            IconName = "Send",
            ResultMode = HttpCommandResultMode.Json,
            Arguments = [new() { Name = "text", Label = "Text", InputType = InputType.Text, Required = true, Value = "Hello from the dashboard", MaxLength = 1000 }],
            PrepareRequest = async call =>
            {
                call.Request.Headers.Authorization = new("Bearer", await SignInAsync(call.HttpClient, auth, call.CancellationToken));
                Say(call, new
                {
                    threadId = "demo-account__40700000011@s.whatsapp.net",
                    accountId = "demo-account",
                    toJid = "+40700000011@s.whatsapp.net",
                    text = Value(call, "text"),
                    clientMessageId = Guid.NewGuid().ToString(),
                });
            },
        });

    /// <summary>Local only: everything in Redis can be built again, and here anybody may watch that happen.</summary>
    public static IResourceBuilder<RedisResource> WithFlushCommand(this IResourceBuilder<RedisResource> redis) =>
        redis.WithCommand("flush", "Flush", context => FlushAsync(redis.Resource, context.CancellationToken), new CommandOptions
        {
            Description = "Empties Redis. Nothing is lost or doubled: the lanes are built again from Firestore.",
            ConfirmationMessage = "Empty Redis?",
            IconName = "Delete",
            UpdateState = OnlyWhileItRuns,
        });

    private static IResourceBuilder<ProjectResource> WithAccountCall(
        this IResourceBuilder<ProjectResource> worker, string path, string name, string title, string icon, ParameterResource token, string description) =>
        worker.WithCall(path, name, title, icon, token, description, [Account()], call =>
            call.Request.RequestUri = new Uri(new Uri(call.Endpoint.Url), path.Replace("{account}", Uri.EscapeDataString(Value(call, "account") ?? ""), StringComparison.Ordinal)));

    private static IResourceBuilder<ProjectResource> WithCall(
        this IResourceBuilder<ProjectResource> worker, string path, string name, string title, string icon, ParameterResource token, string description,
        IReadOnlyList<InteractionInput>? inputs = null, Action<HttpCommandRequestContext>? prepare = null) =>
        worker.WithHttpCommand(path, title, commandName: name, commandOptions: new HttpCommandOptions
        {
            Description = description,
            IconName = icon,
            ResultMode = HttpCommandResultMode.Json,
            Arguments = inputs ?? [],
            PrepareRequest = async call =>
            {
                call.Request.Headers.Add(InternalToken, await token.GetValueAsync(call.CancellationToken));
                prepare?.Invoke(call);
            },
        });

    // Of two replicas the public address would answer with either; this one is meant.
    private static async Task<ExecuteCommandResult> DrainAsync(IResourceBuilder<ProjectResource> worker, ParameterResource token, ExecuteCommandContext context)
    {
        var notifications = (ResourceNotificationService)context.ServiceProvider.GetService(typeof(ResourceNotificationService))!;
        var own = notifications.TryGetCurrentState(context.ResourceName, out var state) ? state.Snapshot.Urls.FirstOrDefault(url => url.IsInternal)?.Url : null;
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(own ?? worker.GetEndpoint("http").Url), "/internal/drain"));
        request.Headers.Add(InternalToken, await token.GetValueAsync(context.CancellationToken));
        try
        {
            using var response = await http.SendAsync(request, context.CancellationToken);
            return response.IsSuccessStatusCode ? CommandResults.Success() : CommandResults.Failure($"The worker answered with {(int)response.StatusCode}.");
        }
        catch (HttpRequestException fault)
        {
            return CommandResults.Failure(fault);
        }
    }

    private static async Task<string> SignInAsync(HttpClient http, EndpointReference auth, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(
            new Uri($"{auth.Url}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=local"),
            new { email = "employee@example.com", password = "demo-password", returnSecureToken = true }, cancellationToken);
        return response.IsSuccessStatusCode && await response.Content.ReadFromJsonAsync<SignedIn>(cancellationToken) is { IdToken: { } token }
            ? token
            : throw new InvalidOperationException("There is no demo employee to send as: start with ./run.sh, or with --Demo:SeedFile=demo/seed.json.");
    }

    // Four words of Redis' protocol do not need a client library.
    private static async Task<ExecuteCommandResult> FlushAsync(RedisResource redis, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(redis.PrimaryEndpoint.Host, redis.PrimaryEndpoint.Port, cancellationToken);
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            if (redis.PasswordParameter is { } password)
            {
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"AUTH \"{await password.GetValueAsync(cancellationToken)}\"\r\n"), cancellationToken);
                await reader.ReadLineAsync(cancellationToken);
            }

            await client.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray(), cancellationToken);
            var answer = await reader.ReadLineAsync(cancellationToken);
            return answer == "+OK" ? CommandResults.Success() : CommandResults.Failure($"Redis answered: {answer}");
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return CommandResults.Failure(fault);
        }
    }

    private static InteractionInput Account() =>
        new() { Name = "account", Label = "Account", InputType = InputType.Text, Required = true, Placeholder = "demo-account", MaxLength = 200 };

    private static string? Value(HttpCommandRequestContext call, string name) =>
        call.Arguments.TryGetByName(name, out var input) && !string.IsNullOrWhiteSpace(input.Value) ? input.Value.Trim() : null;

    private static void Say(HttpCommandRequestContext call, object body) => call.Request.Content = JsonContent.Create(body);

    private static ResourceCommandState OnlyWhileItRuns(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private sealed record SignedIn(string? IdToken);
}
