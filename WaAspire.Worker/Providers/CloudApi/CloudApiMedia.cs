using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// Brings a file to Meta, before any message that shows it is claimed. Enters: a file while it comes in. Leaves: its id, good
/// for 30 days, or why not. If we die here, Meta may hold a file that nobody asks for; a repeat is a new file and does no harm.
/// https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
/// </summary>
public sealed class CloudApiMedia(HttpClient graph, IOptions<CloudApiOptions> options, AccessTokens tokens, TimeProvider time)
{
    private const int AnswerLimit = 64 * 1024;
    private const int MediaUploadError = 131053;

    // Meta is down, or asks to wait.
    private static readonly int[] _later = [2, 4, 80007, 130429, 131016, 131057, 133004];

    /// <param name="account">A Cloud API account.</param>
    /// <param name="file">Read once.</param>
    /// <exception cref="WaAspire.Messaging.Firestore.FirestoreException">The account's token could not be read.</exception>
    /// <param name="cancellationToken">Whoever sends the file has gone, or this process is about to: <see cref="UploadOutcome.Unavailable"/>.</param>
    public async Task<UploadOutcome> UploadAsync(Account account, StreamedContent file, CancellationToken cancellationToken)
    {
        if (account.PhoneNumberId is not { Length: > 0 } phoneNumberId || await tokens.OfAsync(account, cancellationToken) is not { } token)
        {
            return new UploadOutcome.Refused("configuration", "The account has no phone number id or token.");
        }

        using var timeout = new CancellationTokenSource(options.Value.UploadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{options.Value.BaseUrl}/{Uri.EscapeDataString(phoneNumberId)}/media") { Content = Form(file) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await graph.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await response.Content.LoadIntoBufferAsync(AnswerLimit, either.Token);
            var answer = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(either.Token), GraphJson.Default.MediaAnswer);
            return Classify(answer, response);
        }
        catch (Exception) when (file.IsTooLarge)
        {
            return new UploadOutcome.TooLarge();
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or IOException or JsonException or FormatException or InvalidOperationException)
        {
            return new UploadOutcome.Unavailable();
        }
    }

    private static MultipartFormDataContent Form(StreamedContent file) => new()
    {
        { new StringContent("whatsapp"), "messaging_product" },
        { new StringContent(file.Headers.ContentType!.MediaType!), "type" },
        // Meta wants a name; the one that people see is sent with the message.
        { file, "file", "file" },
    };

    private static UploadOutcome Classify(MediaAnswer? answer, HttpResponseMessage response) => answer switch
    {
        { Id: { Length: > 0 } id } when response.IsSuccessStatusCode => new UploadOutcome.Stored(id),
        { Error.Code: MediaUploadError } => new UploadOutcome.NotTaken(),
        { Error.Code: { } code } when _later.Contains(code) || (int)response.StatusCode >= 500 => new UploadOutcome.Unavailable(),
        { Error.Code: { } code } => new UploadOutcome.Refused(code.ToString(System.Globalization.CultureInfo.InvariantCulture), "Meta refused the upload."),
        _ => new UploadOutcome.Unavailable(),
    };
}

/// <summary>A closed set: what became of one file.</summary>
public abstract record UploadOutcome
{
    private UploadOutcome()
    {
    }

    public sealed record Stored(string MediaId) : UploadOutcome;

    /// <summary>Not a file of a type that Meta takes.</summary>
    public sealed record NotTaken : UploadOutcome;

    public sealed record TooLarge : UploadOutcome;

    /// <summary>For a reason that is not the file's and that does not go away by itself.</summary>
    public sealed record Refused(string Code, string Title) : UploadOutcome;

    /// <summary>Meta cannot be reached, or asks to wait.</summary>
    public sealed record Unavailable : UploadOutcome;
}
