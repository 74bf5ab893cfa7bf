using System.Net;
using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// Where this worker's gateway calls back: a server of its own, on loopback and any port, behind the token of this run.
/// Private keys come through it in the clear, so nobody else may reach it; and it outlives the worker's public server, so
/// that the last keys of a drain are stored. If we die here, the gateway repeats what was not answered, to nobody.
/// </summary>
public sealed class GatewayDoor(SessionsApi sessions, GatewayEvents events) : IHostedService, IAsyncDisposable
{
    public const string TokenHeader = "x-gateway-token";
    private const int BodyLimit = 32 * 1024 * 1024;
    private const int TokenBytes = 32;

    private WebApplication? _server;

    /// <summary>Made up at each start.</summary>
    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>For the gateway; known once the door is open.</summary>
    public string Url => _server!.Urls.Single();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // An empty builder reads no configuration: no environment variable of the host puts this door anywhere else.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddRoutingCore();
        _server = builder.Build();
        _server.Use(GuardAsync);
        sessions.Map(_server);
        _server.MapPost("/internal/gateway/events", events.TakeAsync);
        await _server.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers[TokenHeader].ToString());
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token), given))
        {
            await Refuse(401, "unauthorized").ExecuteAsync(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (FirestoreException) when (!context.Response.HasStarted)
        {
            // It is repeated with growing pauses.
            await Refuse(503, "service_unavailable").ExecuteAsync(context);
        }
    }

    internal static IResult Refuse(int status, string error) => Results.Json(new { error }, statusCode: status);
}
