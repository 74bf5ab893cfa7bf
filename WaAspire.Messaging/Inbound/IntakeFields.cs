namespace WaAspire.Messaging.Inbound;

/// <summary>
/// Field names of <c>intake/{accountId}</c> (the last status that was committed for that number) and <c>intake/_all</c>
/// (when an intake was last not whole). Written by <see cref="IntakeEvidence"/>; who finds nothing there knows nothing.
/// </summary>
public static class IntakeFields
{
    /// <summary>The id of the document about all numbers.</summary>
    public const string All = "_all";

    /// <summary>When the attempt was claimed that the status reports on.</summary>
    public const string AttemptAt = "attemptAt";

    /// <summary>The last time up to which statuses may have been lost: a webhook request was answered other than 200, or a process started.</summary>
    public const string NotWholeAt = "notWholeAt";

    /// <summary>When the status was committed.</summary>
    public const string StatusAt = "statusAt";
}
