using System.Globalization;
using System.Text.Json.Serialization;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>An error as Graph answers it. Callers branch on <see cref="Code"/>; the HTTP status is only usual, not promised.</summary>
internal sealed record GraphError(int Code, string? Details = null)
{
    public int HttpStatus { get; init; } = GraphErrorCatalog.HttpStatus(Code);
    public string? Message { get; init; }
    public string Type { get; init; } = "OAuthException";
    public int? Subcode { get; init; }

    public static GraphError Missing(string parameter) => new(131008, $"The parameter {parameter} is required.");

    public static GraphError Invalid(string parameter, string why) => new(131009, $"The parameter {parameter} {why}.");

    public static GraphError TooLong(string parameter, int max) => new(100, $"Param {parameter} must be at most {max} characters long.");

    public static GraphError Unexpected(string key, string parent) => new(100, $"Unexpected key \"{key}\" on param \"{parent}\".");

    public static GraphError BadToken() => new(190) { Message = "Invalid OAuth access token - Cannot parse access token" };

    public static GraphError NoSuchObject(string id) => new(100)
    {
        Type = "GraphMethodException",
        Subcode = 33,
        Message = $"Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, "
            + "or does not support this operation.",
    };

    public static GraphError UnknownPath(string path) => new(2500) { Message = $"Unknown path components: {path}" };

    public IResult ToResult() => Results.Json(new { error = Body() }, statusCode: HttpStatus);

    private GraphErrorBody Body() => new(
        Message ?? string.Create(CultureInfo.InvariantCulture, $"(#{Code}) {GraphErrorCatalog.Title(Code)}"),
        Type,
        Code,
        Details is null ? null : new GraphErrorData("whatsapp", Details),
        Subcode,
        "A" + Guid.NewGuid().ToString("N")[..22]);
}

internal sealed record GraphErrorBody(
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("code")] int Code,
    [property: JsonPropertyName("error_data"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GraphErrorData? Data,
    [property: JsonPropertyName("error_subcode"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Subcode,
    [property: JsonPropertyName("fbtrace_id")] string TraceId);

internal sealed record GraphErrorData(
    [property: JsonPropertyName("messaging_product")] string MessagingProduct,
    [property: JsonPropertyName("details")] string Details);
