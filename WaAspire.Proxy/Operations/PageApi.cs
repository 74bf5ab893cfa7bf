using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
using WaAspire.Proxy.Auth;

namespace WaAspire.Proxy.Operations;

/// <summary>
/// <c>/operations/</c>: the operator's page, files of this assembly, and <c>/operations/settings.json</c>, which tells it where to sign in.
/// Both are open: what there is to see comes with a token. Everything that the page does are calls that exist without it.
/// </summary>
internal static class PageApi
{
    private const string Route = "/operations";

    public static void UseOperationsPage(this WebApplication app)
    {
        var policy = PolicyOf(app.Services.GetRequiredService<IOptions<SignInOptions>>().Value);
        var files = new EmbeddedFileProvider(typeof(PageApi).Assembly, "WaAspire.Proxy.wwwroot.operations");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, RequestPath = Route });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, RequestPath = Route, OnPrepareResponse = file => Harden(file.Context.Response, policy) });
    }

    public static void MapOperationsPage(this IEndpointRouteBuilder routes) => routes.MapGet($"{Route}/settings.json", (IOptions<SignInOptions> options) =>
        Results.Json(new { apiKey = options.Value.ApiKey, accountsUrl = options.Value.AccountsUrl, tokensUrl = options.Value.TokensUrl }));

    // Names and texts come from anybody. The page writes them as text; should that ever fail, nothing of theirs may run or call home.
    private static void Harden(HttpResponse response, string policy)
    {
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-cache";
    }

    private static string PolicyOf(SignInOptions signIn)
    {
        var doors = string.Join(' ', new[] { signIn.AccountsUrl, signIn.TokensUrl }.Select(url => url.GetLeftPart(UriPartial.Authority)).Distinct());
        return $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {doors}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }
}
