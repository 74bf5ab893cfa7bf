using System.Collections.Frozen;
using System.Globalization;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// What Meta's error codes mean for a message. Meta advises to branch on the code: the HTTP status is not reliable.
/// Codes and meanings: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
/// </summary>
public static class CloudApiFaults
{
    private enum Rule
    {
        /// <summary>Worth another attempt, which counts.</summary>
        Retry,

        /// <summary>The provider, not the message, is at fault: another attempt, which does not count.</summary>
        ProviderDown,

        /// <summary>The account, not the message, is at fault: another attempt later, which does not count.</summary>
        Account,

        /// <summary>This recipient was written to too often: the next attempt after 4^X seconds.</summary>
        Pair,

        /// <summary>No attempt can help.</summary>
        Reject,
    }

    private static readonly FrozenDictionary<int, Rule> _rules = new (Rule Rule, int[] Codes)[]
    {
        (Rule.Retry, [1, 131000, 131053, 133015, 134101, 132069]),
        (Rule.ProviderDown, [2, 4, 80007, 130429, 131016, 131057, 133004]),
        (Rule.Account, [0, 3, 10, 33, 190, 368, 130497, 131005, 131031, 131037, 131042, 131045, 131048, 131064, 133010]),
        (Rule.Pair, [131056]),
        (Rule.Reject, [
            100, 130403, 130472, 131008, 131009, 131021, 131026, 131030, 131047, 131049, 131050, 131051, 131052, 131055, 131062, 131063,
            132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018, 132068, 134011, 134100, 134102, 135000, 137000]),
    }.SelectMany(group => group.Codes.Select(code => KeyValuePair.Create(code, group.Rule))).ToFrozenDictionary();

    private static readonly TimeSpan _accountRest = TimeSpan.FromSeconds(60);

    /// <param name="code">Meta's number.</param>
    /// <param name="httpStatus">Decides the class of a code that is not known here.</param>
    /// <param name="attempt">Attempts made so far, from 1.</param>
    /// <param name="options">Backoff.</param>
    /// <param name="chance">A number in [0, 1).</param>
    public static SendOutcome Classify(int code, int httpStatus, long attempt, SendingOptions options, double chance)
    {
        var rule = _rules.TryGetValue(code, out var known) ? known
            : code is >= 200 and <= 299 ? Rule.Account
            : httpStatus >= 500 ? Rule.Retry : Rule.Reject;
        var backoff = RetrySchedule.Next(attempt, options.RetryBase, options.RetryCap, chance);
        return rule switch
        {
            Rule.Retry => new SendOutcome.RetryLater(backoff, Fault(code, "Meta could not send it", true), SpendsAttempt: true),
            Rule.ProviderDown => new SendOutcome.RetryLater(options.RetryBase + backoff, Fault(code, "Meta asks to wait", true), SpendsAttempt: false),
            Rule.Account => new SendOutcome.RetryLater(_accountRest, Fault(code, "The account may not send now", true), SpendsAttempt: false),
            Rule.Pair => new SendOutcome.RetryLater(TimeSpan.FromSeconds(Math.Pow(4, Math.Min(attempt - 1, 5))), Fault(code, "This recipient was written to too often", true), SpendsAttempt: false),
            _ => new SendOutcome.Rejected(Fault(code, "Meta refused it", false)),
        };
    }

    private static SendFault Fault(int code, string title, bool retryable) => new(code.ToString(CultureInfo.InvariantCulture), title, retryable);
}
