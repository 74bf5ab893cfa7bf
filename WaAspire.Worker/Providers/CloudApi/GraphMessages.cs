using System.Text.Json;
using System.Text.Json.Serialization;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>The request of a text message. https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages</summary>
public sealed record TextMessageRequest(string To, WhatsAppText Text, string BizOpaqueCallbackData)
{
    public string MessagingProduct { get; } = "whatsapp";

    public string RecipientType { get; } = "individual";

    public string Type { get; } = "text";
}

public sealed record WhatsAppText(string Body, bool PreviewUrl = false);

/// <summary>Meta's answer: either <see cref="Messages"/> or <see cref="Error"/>.</summary>
public sealed record GraphAnswer(IReadOnlyList<GraphMessage>? Messages, GraphError? Error);

public sealed record GraphMessage(string? Id);

public sealed record GraphError(string? Message, int? Code, GraphErrorData? ErrorData, int? ErrorSubcode = null);

public sealed record GraphErrorData(string? Details);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TextMessageRequest))]
[JsonSerializable(typeof(GraphAnswer))]
internal sealed partial class GraphJson : JsonSerializerContext;
