using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// Asks Meta whether a token may use a phone number, before an account is made of the two: <c>GET /{phone-number-id}</c> answers
/// <c>{"id":"…","display_phone_number":"+1 555-0100","verified_name":"…","quality_rating":"GREEN","throughput":{"level":"STANDARD"}}</c>.
/// A question changes nothing and may be asked again.
/// </summary>
/// <remarks>https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers</remarks>
public sealed class NumberCheck(HttpClient graph, IOptions<CloudApiOptions> options, TimeProvider time)
{
    private const int AnswerLimit = 64 * 1024;
    private const string Fields = "id,display_phone_number,verified_name,quality_rating,throughput";
    private const int ServerError = 500;
    private const int UnknownError = 1;

    /// <param name="phoneNumberId">Digits.</param>
    /// <param name="accessToken">Goes into this one request and nowhere else.</param>
    /// <param name="cancellationToken">Whoever asked has gone.</param>
    public async Task<NumberVerdict> AskAsync(string phoneNumberId, string accessToken, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.CheckTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{options.Value.BaseUrl}/{Uri.EscapeDataString(phoneNumberId)}?fields={Fields}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
            using var response = await graph.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await response.Content.LoadIntoBufferAsync(AnswerLimit, either.Token);
            return Classify(JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(either.Token), GraphJson.Default.NumberAnswer), (int)response.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or JsonException or InvalidOperationException or FormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new NumberVerdict.Unavailable();
        }
    }

    private static NumberVerdict Classify(NumberAnswer? answer, int httpStatus) => answer switch
    {
        { Error.Code: { } code } => Classify(code, httpStatus),
        { Id.Length: > 0 } when httpStatus < 300 => new NumberVerdict.Known(answer.DisplayPhoneNumber, answer.VerifiedName, answer.QualityRating, answer.Throughput?.Level),
        _ => new NumberVerdict.Unavailable(),
    };

    private static NumberVerdict Classify(int code, int httpStatus) => code switch
    {
        0 or 102 or 190 => new NumberVerdict.Refused("invalid_access_token", "Meta does not accept this access token: it is wrong, expired or withdrawn."),
        3 or 10 or (>= 200 and <= 299) => new NumberVerdict.Refused("access_token_lacks_permission", "The access token may not manage WhatsApp numbers: it needs whatsapp_business_messaging and whatsapp_business_management."),
        33 or 100 => new NumberVerdict.Refused("phone_number_id_not_found", "Meta knows no such phone number id, or the access token's business does not own it."),
        4 or 17 or 32 or 613 or 80007 or 80008 or 130429 => new NumberVerdict.Unavailable(),
        _ when code <= UnknownError + 1 || httpStatus >= ServerError => new NumberVerdict.Unavailable(),
        _ => new NumberVerdict.Refused("live_check_failed", $"Meta refused the check with error {code}."),
    };
}

/// <summary>A closed set: what Meta says of a number and a token.</summary>
public abstract record NumberVerdict
{
    private NumberVerdict()
    {
    }

    public sealed record Known(string? DisplayPhone, string? VerifiedName, string? QualityRating, string? ThroughputLevel) : NumberVerdict;

    /// <summary>In words for the person who gave the token; nothing of the token is in them.</summary>
    public sealed record Refused(string Error, string Message) : NumberVerdict;

    /// <summary>Meta cannot be reached, is down, or asks to wait.</summary>
    public sealed record Unavailable : NumberVerdict;
}
