using System.Text.Json;
using System.Text.Json.Serialization;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>Meta's answer: either <see cref="Messages"/> or <see cref="Error"/>.</summary>
public sealed record GraphAnswer(IReadOnlyList<GraphMessage>? Messages, GraphError? Error);

public sealed record GraphMessage(string? Id);

public sealed record GraphError(string? Message, int? Code, GraphErrorData? ErrorData, int? ErrorSubcode = null);

public sealed record GraphErrorData(string? Details);

/// <summary>Meta's answer to an upload: <see cref="Id"/> or <see cref="Error"/>.</summary>
public sealed record MediaAnswer(string? Id, GraphError? Error);

/// <summary>Meta's answer about a phone number: <see cref="Id"/> or <see cref="Error"/>.</summary>
public sealed record NumberAnswer(
    string? Id, string? DisplayPhoneNumber, string? VerifiedName, string? QualityRating, NumberThroughput? Throughput, GraphError? Error);

public sealed record NumberThroughput(string? Level);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GraphAnswer))]
[JsonSerializable(typeof(MediaAnswer))]
[JsonSerializable(typeof(NumberAnswer))]
internal sealed partial class GraphJson : JsonSerializerContext;
