using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>One accepted request: the ground truth that tests compare with.</summary>
internal sealed record AcceptedEntry(
    long Sequence, DateTime At, string PhoneNumberId, string To, string Id, RawJson Body, string? Opaque);

/// <summary>One request that reached the endpoint, and how it was answered. Tokens are not in it.</summary>
internal sealed record RequestEntry(long Sequence, DateTime At, string PhoneNumberId, RequestOutcome Outcome, RawJson? Body)
{
    public string Answer => Outcome.Answer;
    public int? HttpStatus => Outcome.HttpStatus;
    public int? Code => Outcome.Code;
    public string? Id => Outcome.Id;
    public string? Fault => Outcome.Fault;
    public string? To => Outcome.Request?.To;
    public string? Opaque => Outcome.Request?.Opaque;

    [JsonIgnore]
    public RequestOutcome Outcome { get; } = Outcome;
}

/// <summary>
/// What became of a request. <c>answer</c>: accepted, acceptedUnanswered, read, error, http, dropped.
/// <c>fault</c> names the switch that interfered, if one did.
/// </summary>
internal sealed record RequestOutcome(string Answer, int? HttpStatus = null, int? Code = null, string? Id = null)
{
    public string? Fault { get; init; }
    public SendRequest? Request { get; init; }
}

internal sealed class RequestLogs(IOptions<SimulatorOptions> options)
{
    public BoundedLog<AcceptedEntry> Accepted { get; } =
        new(options.Value.AcceptedMax, options.Value.LogBytesMax, entry => entry.Body.Utf8.Length);

    public BoundedLog<RequestEntry> Requests { get; } =
        new(options.Value.RequestsMax, options.Value.LogBytesMax, entry => entry.Body?.Utf8.Length ?? 0);
}
