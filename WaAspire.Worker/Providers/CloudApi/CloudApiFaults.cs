using System.Globalization;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>Reads the error table for one message: which outcome, and when the next attempt.</summary>
public static class CloudApiFaults
{
    private const int PairStepsMax = 6;

    /// <summary>Words of Meta's details that tell of a fetch from the link, not of the file behind it.</summary>
    private static readonly string[] _fetchWords = ["download", "fetch", "timeout", "timed out", "unreachable"];

    /// <param name="error">Meta's error body, with a code.</param>
    /// <param name="httpStatus">Decides the class of a code that is not known here.</param>
    /// <param name="message">Its history says how often this code came in a row.</param>
    /// <param name="options">Backoff.</param>
    /// <param name="chance">A number in [0, 1).</param>
    public static SendOutcome Classify(GraphError error, int httpStatus, OutboxDocument message, SendingOptions options, double chance)
    {
        var code = error.Code!.Value;
        var rule = ErrorTable.Find(code, error.ErrorSubcode) ?? ErrorTable.OfClass(httpStatus);
        return rule.OnlyIfFetchFailed && !TellsOfFetch(error.ErrorData?.Details)
            ? new SendOutcome.Rejected(Fault(rule, code.ToString(CultureInfo.InvariantCulture)))
            : Classify(rule, code.ToString(CultureInfo.InvariantCulture), message, options, chance);
    }

    /// <summary>The same for a fault that Meta did not name.</summary>
    public static SendOutcome Classify(ErrorRule rule, string code, OutboxDocument message, SendingOptions options, double chance)
    {
        // Waiting spends no attempt, and its waits must grow all the same: so the history is counted, not the attempts.
        var inRow = 1 + message.AttemptHistory.Reverse().TakeWhile(past => past.AsMap?.Text("code") == code).Count();
        var fault = Fault(rule, code);
        return rule.Fate switch
        {
            ErrorFate.Fail => new SendOutcome.Rejected(fault),
            ErrorFate.Wait => new SendOutcome.RetryLater(Wait(rule, inRow, chance) * options.TableDelayFactor, fault, SpendsAttempt: false),
            _ when rule.Delays.Count == 0 => new SendOutcome.RetryLater(
                RetrySchedule.Next(message.AttemptCount, options.RetryBase, options.RetryCap, chance), fault, SpendsAttempt: true),

            // A replay has a new budget, though the history of its former life is still there.
            _ when Math.Min(inRow, message.AttemptCount) is var tries && tries <= rule.Delays.Count => new SendOutcome.RetryLater(
                rule.Delays[(int)Math.Max(1, tries) - 1] * options.TableDelayFactor, fault, SpendsAttempt: true),
            _ => new SendOutcome.Rejected(fault),
        };
    }

    private static TimeSpan Wait(ErrorRule rule, int inRow, double chance)
    {
        if (rule.Pause == ErrorScope.Pair)
        {
            // What this message knows by itself; the pair's own memory may know of more refusals.
            return TimeSpan.FromSeconds(Math.Pow(4, Math.Min(inRow - 1, PairStepsMax)));
        }

        if (rule.Backoff is not { } backoff)
        {
            return TimeSpan.Zero;
        }

        var step = backoff.First * Math.Pow(2, Math.Min(inRow - 1, 30)) * (1 + chance);
        return step < backoff.Cap ? step : backoff.Cap;
    }

    private static bool TellsOfFetch(string? details) =>
        details is not null && _fetchWords.Any(word => details.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static SendFault Fault(ErrorRule rule, string code) =>
        new(code, rule.Title, Retryable: rule.Fate != ErrorFate.Fail || rule.Pause == ErrorScope.Template) { Rule = rule };
}
