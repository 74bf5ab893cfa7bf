using System.Diagnostics;
using WaAspire.Messaging.Inbound;
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

    /// <summary>Says that a span is worth keeping whatever share of traces is kept: it belongs to a message that did not go straight through.</summary>
    public const string KeepTag = "waaspire.keep";

    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>One attempt, from the claim to the record. Null when nobody traces.</summary>
    public static Activity? Send(OutboxDocument message)
    {
        var span = Start("send outbox", ActivityKind.Consumer, "process", message, isKept: message.ClaimSeq > 1)?.SetTag("waaspire.outbox.claim_seq", message.ClaimSeq);
        return message.OrderAt is { } since ? span?.SetTag("waaspire.queue.duration", Math.Max(0, (message.UpdateTime - since).TotalSeconds)) : span;
    }

    /// <summary>How long the provider's call took: the send time, beside the queue time.</summary>
    public static void Called(this Activity? span, TimeSpan took) => span?.SetTag("waaspire.send.duration", took.TotalSeconds);

    /// <summary>What the provider reported later: delivered, read, failed.</summary>
    public static Activity? Receipt(OutboxDocument message, string status) =>
        Start(
            $"receipt {status}", ActivityKind.Internal, "settle", message,
            isKept: message.ClaimSeq > 1 || message.Status is OutboxStatus.Uncertain or OutboxStatus.Failed || status == StatusRank.Failed)?
            .SetTag("waaspire.receipt.status", status);

    /// <summary>What was done about a message that nobody could send: <c>rescue</c>, <c>expire</c>, <c>settle doubt</c>.</summary>
    public static Activity? Aid(OutboxDocument message, string name) => Start($"{name} outbox", ActivityKind.Internal, "settle", message, isKept: false);

    /// <summary>It was done here and now, so it is kept; what somebody else had done before is not.</summary>
    public static void Done(this Activity? span) => span?.SetTag(KeepTag, true);

    /// <summary>The lane of an accepted message is told; the first part of its trace that nobody waits for.</summary>
    public static Activity? Signal(ActivityContext cause) => cause == default ? null : _source.StartActivity("signal lane", ActivityKind.Producer, cause);

    /// <summary>How an attempt ended, in the words of the outcome; one that failed is marked, so that it is found and kept.</summary>
    public static void Ended(this Activity? span, SendOutcome outcome)
    {
        span?.SetTag("waaspire.outcome", outcome.GetType().Name);
        if (outcome is SendOutcome.Rejected or SendOutcome.Uncertain or SendOutcome.RetryLater)
        {
            span?.SetStatus(ActivityStatusCode.Error, outcome.GetType().Name);
        }
    }

    private static Activity? Start(string name, ActivityKind kind, string operation, OutboxDocument message, bool isKept)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        // A message without a trace of its own (of the old system, say) begins one here.
        var isKnown = ActivityContext.TryParse(message.Trace, null, isRemote: true, out var parent);
        var cause = Activity.Current?.Context;
        ActivityLink[] links = cause is { } other && other.TraceId != parent.TraceId ? [new(other)] : [];
        var span = _source.StartActivity(name, kind, isKnown ? parent : default, links: links);
        if (isKept)
        {
            span.Done();
        }

        return span?
            .SetTag("messaging.system", "whatsapp")
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.destination.name", "outbox")
            .SetTag("messaging.message.id", message.RequestId);
    }
}
