using System.Diagnostics;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Messaging.Telemetry;

/// <summary>
/// One trace per message, from the request that accepted it to the last receipt, across processes and restarts: each part
/// takes its parent from the outbox document. What set it off here (a webhook) is another trace, and is linked.
/// </summary>
/// <remarks>Names: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/. Nobody's number and no text is in them.</remarks>
public static class MessageTrace
{
    public const string SourceName = "WaAspire.Messaging";

    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>One attempt, from the claim to the record. Null when nobody traces.</summary>
    public static Activity? Send(OutboxDocument message) => Start("send outbox", ActivityKind.Consumer, "process", message)?
        .SetTag("waaspire.outbox.claim_seq", message.ClaimSeq);

    /// <summary>What the provider reported later: delivered, read, failed.</summary>
    public static Activity? Receipt(OutboxDocument message, string status) => Start($"receipt {status}", ActivityKind.Internal, "settle", message)?
        .SetTag("waaspire.receipt.status", status);

    /// <summary>How it ended, in the words of the outcome; anything but an acceptance is marked, so that it is found and kept.</summary>
    public static void Ended(this Activity? span, SendOutcome outcome)
    {
        span?.SetTag("waaspire.outcome", outcome.GetType().Name);
        if (outcome is SendOutcome.Rejected or SendOutcome.Uncertain)
        {
            span?.SetStatus(ActivityStatusCode.Error, outcome.GetType().Name);
        }
    }

    private static Activity? Start(string name, ActivityKind kind, string operation, OutboxDocument message)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        // A message without a trace of its own (of the old system, say) begins one here.
        var isKnown = ActivityContext.TryParse(message.Trace, null, isRemote: true, out var parent);
        var cause = Activity.Current?.Context;
        ActivityLink[] links = cause is { } other && other.TraceId != parent.TraceId ? [new(other)] : [];
        return _source.StartActivity(name, kind, isKnown ? parent : default, links: links)?
            .SetTag("messaging.system", "whatsapp")
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.destination.name", "outbox")
            .SetTag("messaging.message.id", message.RequestId);
    }
}
