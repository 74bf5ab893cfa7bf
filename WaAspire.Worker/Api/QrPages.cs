using System.Text;
using System.Text.Encodings.Web;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Api;

/// <summary>Codes to scan as pages that load themselves again: <c>qr/{id}</c> and <c>qr-visual</c> for all. Who scans a code owns the number, so the token guards them too.</summary>
internal static class QrPages
{
    private const string Head = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>QR codes</title></head><body>""";

    public static void MapQrPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/qr/{accountId}", OneAsync);
        routes.MapGet("/qr-visual", AllAsync);
    }

    private static async Task<IResult> OneAsync(string accountId, HttpResponse response, AccountCatalog catalog, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(accountId, cancellationToken) is not ({ } account, var now))
        {
            return Page(response, "<p>There is no such account.</p>", 404);
        }

        return QrPicture.Of(account.Fields, now) is { } picture
            ? Page(response, Figure(account, picture), 200)
            : Page(response, $"<p>{Escaped(AccountView.NameOf(account))}: {Escaped(account.Fields.Text(AccountFields.Status))}. There is no code to scan now.</p>", 404);
    }

    private static async Task<IResult> AllAsync(HttpResponse response, AccountCatalog catalog, CancellationToken cancellationToken)
    {
        var read = await catalog.ReadAsync(cancellationToken);
        var figures = read.Living.Select(account => QrPicture.Of(account.Fields, read.ReadTime) is { } picture ? Figure(account, picture) : "");
        return Page(response, string.Concat(figures) is { Length: > 0 } shown ? shown : "<p>No account waits for a scan.</p>", 200);
    }

    private static string Figure(StoredDocument account, string picture) =>
        $"""<figure><img alt="QR code" src="{picture}"><figcaption>{Escaped(AccountView.NameOf(account))} ({Escaped(account.Id)})</figcaption></figure>""";

    private static IResult Page(HttpResponse response, string body, int statusCode)
    {
        response.Headers.CacheControl = "no-store";
        return Results.Content(Head + body + "</body></html>", "text/html", Encoding.UTF8, statusCode);
    }

    private static string Escaped(string? text) => HtmlEncoder.Default.Encode(text ?? "");
}
