using QRCoder;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>The codes on the page: which there are, their pictures, and the click that scans one.</summary>
internal static class SocketsApi
{
    private const int PixelsPerModule = 6;

    public static WebApplicationBuilder AddSockets(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<SocketsOptions>().BindConfiguration("Sockets").ValidateDataAnnotations()
            .Validate(options => options.Url is not { } url || (url.IsAbsoluteUri && url.IsLoopback), "Sockets:Url must be an address on loopback").ValidateOnStart();
        builder.Services.AddSingleton<StandIn>().AddSingleton<OperatorScreen>().AddSingleton<LinkedAccounts>().AddHostedService<SocketsLoop>();
        return builder;
    }

    public static void MapSockets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/simulator/scans", Scans);
        routes.MapGet("/simulator/scans/{code}/picture", Picture);
        routes.MapPost("/simulator/scans/{code}", ScanAsync);
    }

    internal static IResult Scans(LinkedAccounts linked) =>
        TypedResults.Ok(linked.Waiting.Select(account => new { account.AccountId, account.Name, account.Number, account.Code, account.ExpiresAt }));

    internal static IResult Picture(string code, LinkedAccounts linked, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        return linked.Waiting.FirstOrDefault(account => account.Code == code) is { } account
            ? TypedResults.Bytes(PngByteQRCodeHelper.GetQRCode(account.Qr, QRCodeGenerator.ECCLevel.L, PixelsPerModule), "image/png")
            : TypedResults.NotFound();
    }

    internal static async Task<IResult> ScanAsync(string code, LinkedAccounts linked, CancellationToken cancellation) =>
        await linked.ScanAsync(code, cancellation) is { } problem ? TypedResults.BadRequest(new { problem }) : TypedResults.Ok(new { scanned = true });
}
