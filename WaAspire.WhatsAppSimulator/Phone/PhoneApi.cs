using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.FileProviders;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Sockets;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>The page, its live events, and what the person who holds the phone can do: read, write, send a file, react, block.</summary>
internal static class PhoneApi
{
    private const string TextsOnly = "an account that is paired by QR code takes texts only here";

    public static WebApplicationBuilder AddPhone(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PhoneEvents>().AddSingleton<ChatStore>().AddSingleton<InboundMessages>().AddSingleton<InboundFiles>();
        return builder;
    }

    public static void MapPhone(this WebApplication app)
    {
        var files = new EmbeddedFileProvider(typeof(PhoneApi).Assembly, "WaAspire.WhatsAppSimulator.wwwroot");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = context => Harden(context.Context.Response) });

        app.MapGet("/simulator/events", Events);
        app.MapGet("/simulator/media/{id}", Media);
        app.MapPost("/simulator/read", Read);
        app.MapPost("/simulator/inbound", Inbound);
        app.MapPost("/simulator/inbound/file", InboundFile);
        app.MapPut("/simulator/block", Block);
    }

    // Texts come from anybody. The page writes them as text; should that ever fail, nothing of theirs may run.
    private static void Harden(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-cache";
    }

    internal static IResult Events(ChatStore chats, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        chats.Subscribe() is { } page
            ? TypedResults.ServerSentEvents(Stream(page, lifetime.ApplicationStopping, cancellation))
            : TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);

    private static async IAsyncEnumerable<SseItem<string>> Stream(
        PhoneSubscription page, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var _ = page;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        await using var items = page.ReadAsync(either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(items)) yield return items.Current;
    }

    // A page that closes and a process that stops are both ordinary ends of a stream.
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // For the page only, which knows no token. Whatever the file holds, a browser may show it but not run it.
    internal static IResult Media(string id, MediaStore media, HttpResponse response)
    {
        Harden(response);
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        return media.Find(id) is { } file ? TypedResults.Bytes(file.Bytes, file.MimeType) : TypedResults.NotFound();
    }

    internal static async Task<IResult> Read(ReadRequest request, ChatStore chats, StatusSchedule schedule, LinkedAccounts linked, CancellationToken cancellation)
    {
        if (linked.Has(request.PhoneNumberId))
            return TypedResults.Ok(new { read = await linked.ReadAsync(new ChatKey(request.PhoneNumberId, request.Contact), cancellation) });
        var delivered = chats.Delivered(new ChatKey(request.PhoneNumberId, request.Contact));
        foreach (var message in delivered) schedule.ForRead(message);
        return TypedResults.Ok(new { read = delivered.Count });
    }

    internal static async Task<IResult> Inbound(InboundRequest request, InboundMessages inbound, LinkedAccounts linked, CancellationToken cancellation)
    {
        var (id, problem) = linked.Has(request.PhoneNumberId) ? await linked.WriteAsync(request, cancellation) : inbound.Receive(request);
        return problem is null ? TypedResults.Ok(new { id }) : TypedResults.BadRequest(new { problem });
    }

    internal static async Task<IResult> InboundFile(
        HttpRequest request, string phoneNumberId, string from, string? name, string? caption, InboundFiles files, LinkedAccounts linked)
    {
        if (linked.Has(phoneNumberId)) return TypedResults.BadRequest(new { problem = TextsOnly });
        var (id, mediaId, problem) = await files.ReceiveAsync(request, phoneNumberId, from, name, caption);
        return problem is null ? TypedResults.Ok(new { id, mediaId }) : TypedResults.BadRequest(new { problem });
    }

    internal static IResult Block(BlockRequest request, ChatStore chats, BusinessNumbers numbers)
    {
        if (numbers.IsLinked(request.PhoneNumberId)) return TypedResults.BadRequest(new { problem = TextsOnly });
        if (numbers.DisplayNumber(request.PhoneNumberId) is null) return TypedResults.BadRequest(new { problem = "phoneNumberId does not exist" });
        if (SendValidation.Digits(request.Contact) is not { } contact) return TypedResults.BadRequest(new { problem = "contact must be a phone number" });
        chats.Block(new ChatKey(request.PhoneNumberId, contact), request.Blocked ? new Block(request.Code) : null);
        return TypedResults.Ok(new { request.Blocked });
    }

    internal sealed record ReadRequest(string PhoneNumberId, string Contact);

    /// <param name="Code">What messages fail with meanwhile, 131026 for example; absent = they are sent and never delivered.</param>
    internal sealed record BlockRequest(string PhoneNumberId, string Contact, bool Blocked, int? Code = null);
}
