using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.People;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>
/// What must be true when nothing moves any more: outbox, thread and phone say the same of every message, each receipt that
/// was told is shown, and whatever did not go out has a cause on record.
/// </summary>
internal static class EndRules
{
    private static readonly SendingOptions _options = new();

    /// <summary>A claim counts a message's time from before it was asked for, so that nothing goes out late: what it took makes it end that much sooner.</summary>
    private static readonly TimeSpan _longestClaim = _options.Lease - _options.SendTimeout - _options.Margin;

    public static IEnumerable<string> Broken(History history) => history.HasEnded ? history.Sendings.SelectMany(sending => BrokenBy(history, sending)) : [];

    private static IEnumerable<string> BrokenBy(History history, ClientMessage sending)
    {
        if (history.Outbox(sending) is not { } message)
        {
            return sending.Accepted is null ? [] : [$"S2 lost: {sending} was accepted and has gone from the outbox"];
        }

        return [.. Untrue(history, sending, message), .. Untold(history, sending, message), .. Groundless(history, sending, message)];
    }

    /// <summary>S3: sent is what is on the phone, by the very ids that it has there; and the thread says what the outbox says.</summary>
    private static IEnumerable<string> Untrue(History history, ClientMessage sending, OutboxDocument message)
    {
        var (bubbles, shown) = (history.BubblesOf(sending), history.Shown(sending));
        if (bubbles.Count > 0 != (message.Status == OutboxStatus.Sent))
        {
            yield return $"S3 untrue: the outbox has {sending} as {message.Status}, and it appeared {bubbles.Count} times";
        }

        foreach (var bubble in bubbles.Where(bubble => !message.HasProviderId(bubble.MessageId)))
        {
            yield return $"S3 untrue: {sending} appeared as {bubble.MessageId}, and the outbox does not know that";
        }

        if (message.Status == OutboxStatus.Sent && bubbles.All(bubble => bubble.MessageId != message.ProviderMessageId))
        {
            yield return $"S3 untrue: the outbox has {sending} sent as {message.ProviderMessageId}, and no phone has that";
        }

        var isAgreed = message.Status switch
        {
            OutboxStatus.Sent => StatusRank.Of(shown) > 0 && shown != StatusRank.Failed,
            OutboxStatus.Failed or OutboxStatus.Canceled => shown == OutboxStatusNames.Failed,
            _ => shown == OutboxStatusNames.Queued,
        };
        if (!isAgreed)
        {
            yield return $"S3 two words: the outbox has {sending} as {message.Status}, and its thread shows {shown ?? "nothing"}";
        }

        if (message.Status == OutboxStatus.Sent && history.Copy(sending)?.Text(ThreadMessageFields.ProviderMessageId) != message.ProviderMessageId)
        {
            yield return $"S3 two words: the outbox has {sending} as {message.ProviderMessageId}, and its thread another id";
        }
    }

    /// <summary>The highest receipt that was told is what its client sees; the outbox keeps the first that says that it has arrived.</summary>
    private static IEnumerable<string> Untold(History history, ClientMessage sending, OutboxDocument message)
    {
        var told = history.Told.Where(receipt => receipt.RequestId == sending.RequestId).Select(receipt => receipt.Word).MaxBy(StatusRank.Of);
        if (StatusRank.Of(told) > StatusRank.Of(history.Shown(sending)))
        {
            yield return $"V1 receipt lost: {sending} is shown as {history.Shown(sending)}, and {told} was told";
        }

        if (StatusRank.Of(told) >= StatusRank.Of(StatusRank.Delivered) && StatusRank.Of(message.DeliveryStatus) < StatusRank.Of(StatusRank.Delivered))
        {
            yield return $"V1 receipt lost: the outbox has {sending} as {message.DeliveryStatus}, and {told} was told";
        }

        if (StatusRank.Of(history.Shown(sending)) > Math.Max(StatusRank.Of(told), StatusRank.Of(StatusRank.Failed)))
        {
            yield return $"S3 untrue: {sending} is shown as {history.Shown(sending)}, and nobody told more than {told ?? "nothing"}";
        }
    }

    /// <summary>Neither failed nor canceled is a way to get rid of a message.</summary>
    private static IEnumerable<string> Groundless(History history, ClientMessage sending, OutboxDocument message)
    {
        if (message.Status == OutboxStatus.Canceled && !sending.IsCancelAsked)
        {
            yield return $"no cause: {sending} is canceled, and nobody asked for that";
        }

        if (message.Status == OutboxStatus.Failed && !HasCause(history, sending, message))
        {
            yield return $"no cause: {sending} failed by {message.Failure?.Text("code") ?? "nothing"} at {message.FailedAt:HH:mm:ss.fff} after {message.AttemptCount} attempts; expires {message.ExpiresAt:HH:mm:ss.fff}";
        }
    }

    private static bool HasCause(History history, ClientMessage sending, OutboxDocument message) => message.Failure?.Text("code") switch
    {
        "expired" => message.FailedAt >= message.ExpiresAt - (message.ClaimSeq > 0 ? _longestClaim : PromiseRules.ClockAhead),
        "operator" => sending.IsWrittenOff && message.OutcomeUnknown,
        "unknown_outcome" => history.Policy is UnknownOutcomePolicy.Fail or UnknownOutcomePolicy.Resend && message.OutcomeUnknown,
        { } code when int.TryParse(code, out var number) => history.Refusals.Contains((sending.RequestId, number)) && IsOver(number, message.AttemptCount),
        _ => false,
    };

    /// <summary>A refusal for good, or one attempt too many of those that Meta's waits or our budget allow.</summary>
    private static bool IsOver(int code, long attempts) => ErrorTable.Find(code) is { } rule
        && rule.Fate != ErrorFate.Wait
        && (rule.Fate == ErrorFate.Fail || attempts > rule.Delays.Count && rule.Delays.Count > 0 || attempts >= _options.MaxAttempts);
}
