namespace WaAspire.Messaging.Outbox;

/// <summary>What becomes of a message in doubt when no proof comes: <c>Sending:OnUnknownOutcome</c>, or <c>onUnknownOutcome</c> of its account.</summary>
public enum UnknownOutcomePolicy
{
    /// <summary>It waits for proof or a person. The only one that rests on no assumption about time.</summary>
    Hold,

    /// <summary>It is sent again, once, when nothing was heard of it although receipts do come in. A receipt that is merely late makes a duplicate.</summary>
    ResendAfterSilence,

    /// <summary>It is sent again after the quiet period: at least once.</summary>
    Resend,

    /// <summary>It is given up after the quiet period: at most once.</summary>
    Fail,
}

/// <summary>The stored words for <see cref="UnknownOutcomePolicy"/>.</summary>
public static class UnknownOutcomePolicyNames
{
    /// <summary>Null for no word, or one that is unknown: then the default stands.</summary>
    public static UnknownOutcomePolicy? Parse(string? stored) =>
        Enum.TryParse<UnknownOutcomePolicy>(stored, ignoreCase: true, out var policy) && Enum.IsDefined(policy) && !char.IsAsciiDigit(stored![0]) ? policy : null;
}
