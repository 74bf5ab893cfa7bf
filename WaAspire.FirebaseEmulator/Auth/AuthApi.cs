using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Operations;
using WaAspire.FirebaseEmulator.Persistence;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>
/// Firebase Auth's REST surface, as the clients and the admin SDK call it: the paths that name a project are for
/// administrators, the others for anybody with an API key (any key will do) and work on the configured project.
/// </summary>
internal sealed class AuthApi(
    AuthAccounts accounts, AccountBatches batches, OobCodes codes, TokenSigner signer, IJournal journal, FaultGate gate, Statistics statistics, string defaultProject)
{
    private const int MaxRequestBytes = 1024 * 1024;
    private const string Json = "application/json; charset=UTF-8";
    private const string SignerName = "securetoken@system.gserviceaccount.com";

    /// <summary>How long a verifier may use the keys that it has fetched.</summary>
    public static readonly TimeSpan KeysMaxAge = TimeSpan.FromHours(1);

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };
    private static readonly string _cacheControl = $"public, max-age={(long)KeysMaxAge.TotalSeconds}, must-revalidate, no-transform";

    public void Map(IEndpointRouteBuilder routes)
    {
        var toolkit = routes.MapGroup("/identitytoolkit.googleapis.com/v1");
        toolkit.MapPost("/accounts:{verb}", (HttpContext http, string verb) => RunAsync(http, verb, defaultProject, admin: false));
        var admin = toolkit.MapGroup("/projects/{project}");
        admin.MapPost("/accounts", (HttpContext http, string project) => RunAsync(http, "signUp", project, admin: true));
        admin.MapPost("/accounts:{verb}", (HttpContext http, string project, string verb) => RunAsync(http, verb, project, admin: true));
        admin.MapGet("/accounts:batchGet", (HttpContext http, string project) => RunAsync(http, "list", project, admin: true));
        toolkit.MapPost("/projects/{project}:createSessionCookie", (HttpContext http, string project) => RunAsync(http, "createSessionCookie", project, admin: true));

        routes.MapPost("/securetoken.googleapis.com/v1/token", http => RunAsync(http, "token", defaultProject, admin: false));
        routes.MapGet($"/service_accounts/v1/jwk/{SignerName}", (HttpContext http) => Keys(http, signer.Jwks()));
        routes.MapGet($"/robot/v1/metadata/x509/{SignerName}", (HttpContext http) => Keys(http, signer.Certificates()));
        routes.MapPost("/emulator/v1/keys:rotate", RotateAsync);
        routes.MapGet("/emulator/v1/projects/{project}/oobCodes", (string project) => Results.Text(codes.List(project).ToJsonString(), Json));
        routes.MapPost("/emulator/v1/projects/{project}/tokens", (HttpContext http, string project) => RunAsync(http, "mint", project, admin: false));
    }

    private async Task RunAsync(HttpContext context, string operation, string project, bool admin)
    {
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, MaxRequestBytes);
            statistics.CountCall(operation);
            await gate.RunAsync(context, operation, body, async _ =>
            {
                var answer = Run(context, operation, project, admin, body).ToJsonString();
                await journal.StoredAsync();
                return Encoding.UTF8.GetBytes(answer);
            });
        }
        catch (AuthException refused)
        {
            await WriteErrorAsync(context, refused.Status, refused.Message);
        }
        catch (RpcException refused)
        {
            await WriteErrorAsync(context, refused.Code.Http(), refused.Code.Name());
        }
        catch (IOException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The data directory failed; the emulator is about to end.
            await WriteErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE");
        }
    }

    private JsonObject Run(HttpContext context, string operation, string project, bool admin, ReadOnlyMemory<byte> body)
    {
        if (admin && Caller.Of(context.Request).Kind != CallerKind.Admin)
            throw new AuthException("INSUFFICIENT_PERMISSION", StatusCodes.Status403Forbidden);
        if (operation == "token")
            return accounts.Refresh(RefreshTokenOf(context, body));
        var request = Parse(body);
        return operation switch
        {
            "signUp" => accounts.SignUp(project, request, admin),
            "signInWithPassword" => accounts.SignInWithPassword(project, request),
            "signInWithCustomToken" => accounts.SignInWithCustomToken(project, request),
            "lookup" => accounts.Lookup(project, request, admin),
            "update" => accounts.Update(project, request, admin),
            "delete" => accounts.Delete(project, request, admin),
            "resetPassword" => accounts.ResetPassword(project, request),
            "sendOobCode" => accounts.SendOobCode(project, request, admin),
            "signInWithEmailLink" => accounts.SignInWithEmailLink(project, request),
            "createSessionCookie" when admin => accounts.CreateSessionCookie(project, request),
            "list" => batches.List(project, context.Request.Query["maxResults"], context.Request.Query["nextPageToken"]),
            "batchCreate" when admin => batches.Create(project, request),
            "batchDelete" when admin => batches.Delete(project, request),
            "query" when admin => batches.Query(project),
            "mint" => accounts.Mint(project, request),
            _ => throw new AuthException("OPERATION_NOT_ALLOWED"),
        };
    }

    /// <summary>A form by the documentation, JSON from some SDKs.</summary>
    private static string RefreshTokenOf(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (context.Request.HasJsonContentType())
        {
            var request = Parse(body);
            return AuthJson.Text(request, "refresh_token") ?? AuthJson.Text(request, "refreshToken") ?? throw new AuthException("MISSING_REFRESH_TOKEN");
        }

        var form = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
        return form.TryGetValue("refresh_token", out var token) ? token.ToString() : throw new AuthException("MISSING_REFRESH_TOKEN");
    }

    /// <summary>A new key signs from now on; <c>?dropOld=true</c> withdraws the old ones at once.</summary>
    private async Task<IResult> RotateAsync(bool? dropOld)
    {
        signer.Rotate(dropOld ?? false);
        await journal.StoredAsync();
        var published = signer.Published.Select(key => (JsonNode)key.Id).ToArray();
        return Results.Text(new JsonObject { ["keyId"] = signer.Published[0].Id, ["published"] = new JsonArray(published) }.ToJsonString(), Json);
    }

    private static JsonObject Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            RequestJson.CheckText(body.Span);
            return body.IsEmpty ? [] : JsonNode.Parse(body.Span, documentOptions: _strict) as JsonObject ?? throw new AuthException("INVALID_JSON");
        }
        catch (JsonException)
        {
            throw new AuthException("INVALID_JSON");
        }
    }

    private static IResult Keys(HttpContext context, JsonObject keys)
    {
        context.Response.Headers.CacheControl = _cacheControl;
        return Results.Text(keys.ToJsonString(), Json);
    }

    private static async Task WriteErrorAsync(HttpContext context, int status, string code)
    {
        var error = new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = status,
                ["message"] = code,
                ["errors"] = new JsonArray(new JsonObject { ["message"] = code, ["reason"] = "invalid", ["domain"] = "global" }),
            },
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = Json;
        await context.Response.WriteAsync(error.ToJsonString(), context.RequestAborted);
    }
}
