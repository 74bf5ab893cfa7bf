using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The live check of a business phone number: what Meta knows about it, limited to the fields asked for.</summary>
internal sealed class NumberApi(BearerCheck bearer, BusinessNumbers numbers, IOptions<SimulatorOptions> options)
{
    private const string DefaultFields = "verified_name,display_phone_number,quality_rating";

    public IResult Get(HttpRequest request, string phoneNumberId, string? fields)
    {
        if (!bearer.Allows(request)) return GraphError.BadToken().ToResult();
        if (numbers.DisplayNumber(phoneNumberId) is not { } display) return GraphError.NoSuchObject(phoneNumberId).ToResult();

        var answer = new Dictionary<string, object>();
        foreach (var field in (fields ?? DefaultFields).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Field(field, display) is not { } value)
                return new GraphError(100) { Message = $"(#100) Tried accessing nonexisting field ({field})" }.ToResult();
            answer[field] = value;
        }

        answer["id"] = phoneNumberId;
        return Results.Json(answer);
    }

    private object? Field(string name, string display) => name switch
    {
        "id" => string.Empty,
        "display_phone_number" => $"+{display}",
        "verified_name" => options.Value.VerifiedName,
        "quality_rating" => "GREEN",
        "throughput" => new { level = options.Value.ThroughputLevel },
        "status" => "CONNECTED",
        "platform_type" => "CLOUD_API",
        "code_verification_status" => "VERIFIED",
        "whatsapp_business_manager_messaging_limit" => "TIER_UNLIMITED",
        _ => null,
    };
}
