using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>
/// <c>/api/whatsapp/…</c>: accounts, as the proxy asks for them with <c>X-Internal-Token</c>. Any worker may be asked about any
/// account; every answer comes from Firestore. Errors are <c>{success:false, error, message}</c>; 503 when Firestore is out.
/// </summary>
internal static class AccountsApi
{
    private const int NameLengthMax = 100;
    private const int PhoneLengthMin = 10;
    private const int PhoneLengthMax = 32;
    private const int TokenLengthMax = 4096;
    private const int BodyBytesMax = 256 * 1024;
    private static readonly TimeSpan _degradedAfter = TimeSpan.FromMinutes(5);

    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/accounts", ListAsync).AddEndpointFilter(OperatorApi.RequireTokenAsync).AddEndpointFilter(GuardAsync);
        var group = routes.MapGroup("/api/whatsapp").AddEndpointFilter(OperatorApi.RequireTokenAsync).AddEndpointFilter(GuardAsync);
        group.MapGet("/accounts", ListAsync);
        group.MapPost("/add-account", AddAsync);
        group.MapPost("/regenerate-qr/{accountId}", (string accountId, AccountWishes wishes, CancellationToken token) => wishes.RegenerateQrAsync(accountId, token));
        group.MapPost("/accounts/{accountId}/reset", (string accountId, AccountWishes wishes, CancellationToken token) => wishes.ResetAsync(accountId, token));
        group.MapPost("/disconnect/{accountId}", (string accountId, AccountWishes wishes, CancellationToken token) => wishes.DisconnectAsync(accountId, token));
        group.MapPost("/backfill/{accountId}", (string accountId, AccountWishes wishes, CancellationToken token) => wishes.BackfillAsync(accountId, token));
        group.MapPatch("/accounts/{accountId}/name", RenameAsync);
        group.MapDelete("/accounts/{accountId}", (string accountId, AccountWishes wishes, CancellationToken token) => wishes.DeleteAsync(accountId, token));
        group.MapGet("/accounts/{accountId}/health", HealthAsync);
        group.MapQrPages();
        group.MapConversations();
        group.MapSendMessage();
        return routes;
    }

    private static async Task<IResult> ListAsync(AccountCatalog catalog, WorkerIdentity self, CancellationToken cancellationToken)
    {
        var read = await catalog.ReadAsync(cancellationToken);
        var accounts = new JsonArray([.. read.Living.OrderBy(account => account.CreateTime).Select(account => AccountView.Of(account, read.ReadTime))]);
        return Results.Json(new { success = true, accounts, cached = false, instanceId = self.Id, waMode = "active", lockReason = (string?)null });
    }

    private static async Task<IResult> AddAsync(HttpRequest http, AccountRegister register, CancellationToken cancellationToken)
    {
        if (await ReadAsync<AddRequest>(http, cancellationToken) is not { } request || request.Name?.Trim() is not { Length: > 0 and <= NameLengthMax } name || name.Any(char.IsControl))
        {
            return Invalid($"name is required: 1 to {NameLengthMax} characters.");
        }

        if (request.Provider is not (null or Account.Baileys or AccountFields.CloudApi))
        {
            return Invalid($"provider is {Account.Baileys} or {AccountFields.CloudApi}.");
        }

        if (request.Provider == AccountFields.CloudApi)
        {
            return request is { PhoneNumberId.Length: > 0 and <= PhoneLengthMax, AccessToken.Length: > 0 and <= TokenLengthMax }
                && request.PhoneNumberId.All(char.IsAsciiDigit) && request.AccessToken.All(c => c is > ' ' and <= '~') && request.WabaId?.All(char.IsAsciiDigit) != false
                    ? await register.AddCloudApiAsync(name, request.PhoneNumberId, request.AccessToken, request.WabaId, cancellationToken)
                    : Invalid("phoneNumberId (digits) and accessToken are required; wabaId is digits.");
        }

        var digits = string.Concat((request.Phone ?? "").Where(c => !char.IsWhiteSpace(c)));
        return request.Phone is null || (digits.Length is >= PhoneLengthMin and <= PhoneLengthMax && digits.TrimStart('+').All(char.IsAsciiDigit))
            ? await register.AddBaileysAsync(name, request.Phone is null ? null : digits, cancellationToken)
            : Invalid("phone is at least 10 digits, with or without a plus.");
    }

    private static async Task<IResult> RenameAsync(string accountId, HttpRequest http, AccountWishes wishes, CancellationToken cancellationToken) =>
        await ReadAsync<AddRequest>(http, cancellationToken) is { Name: { } given } && given.Trim() is { Length: > 0 and <= NameLengthMax } name && !name.Any(char.IsControl)
            ? await wishes.RenameAsync(accountId, name, cancellationToken)
            : Invalid($"name is required: 1 to {NameLengthMax} characters.");

    /// <summary>When somebody last said something: a quiet account is no broken one, so it is told and nothing is done.</summary>
    private static async Task<IResult> HealthAsync(string accountId, AccountCatalog catalog, ConversationReader conversations, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(accountId, cancellationToken) is not ({ } account, var now))
        {
            return AccountChange.NotFound;
        }

        var last = (await conversations.ThreadsAsync(accountId, 1, cancellationToken)) is [var thread] ? thread.Fields.Timestamp(ThreadFields.LastMessageAt) : null;
        var isConnected = account.Fields.Text(AccountFields.Status) == AccountFields.Connected;
        var isDegraded = account.Fields.Boolean("degraded") == true || (isConnected && now - last > _degradedAfter);
        return Results.Json(new
        {
            accountId,
            status = account.Fields.Text(AccountFields.Status),
            connected = isConnected,
            lastRealMessageMs = last?.ToUnixTimeMilliseconds(),
            timeSinceLastRealMs = now - last is { } since ? (long?)since.TotalMilliseconds : null,
            isDegraded,
            warning = isDegraded ? "Nothing has been said for a while, or the socket does not answer." : null,
        });
    }

    /// <summary>Null for what is no JSON object of this shape; no body at all is one.</summary>
    internal static async Task<TRequest?> ReadAsync<TRequest>(HttpRequest http, CancellationToken cancellationToken)
        where TRequest : class
    {
        if (http.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytesMax;
        }

        try
        {
            return await http.ReadFromJsonAsync<TRequest>(cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or BadHttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }

    internal static IResult Invalid(string message) => OperatorApi.Refuse(400, "invalid_request", message);

    private static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (FirestoreException exception) when (exception.Status is not (FirestoreStatus.InvalidArgument or FirestoreStatus.FailedPrecondition))
        {
            return Results.Json(new { success = false, error = "service_unavailable", message = "Firestore gives no answer. Try again.", retryAfterSeconds = 5 }, statusCode: 503);
        }
    }

    private sealed record AddRequest(string? Name, string? Phone, string? Provider, string? PhoneNumberId, string? AccessToken, string? WabaId)
    {
        // The generated text would print the token.
        public override string ToString() => nameof(AddRequest);
    }
}
