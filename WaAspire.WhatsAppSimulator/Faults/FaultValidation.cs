namespace WaAspire.WhatsAppSimulator.Faults;

/// <summary>A misspelled switch that silently does nothing would make a chaos test pass: so every one is checked, all at once.</summary>
internal static class FaultValidation
{
    private const int FaultsMax = 100;
    private const int MillisecondsMax = 10 * 60 * 1000;
    private const int BatchMax = 1000;
    private static readonly string[] Statuses = ["sent", "delivered", "read", "failed", "inbound", "any"];

    public static IReadOnlyList<string> Problems(FaultSettings settings)
    {
        var problems = new List<string>();
        if (settings.Latency is < 0 or > MillisecondsMax) problems.Add($"latency: 0 to {MillisecondsMax} milliseconds");
        if (settings.Batch is { Max: < 1 or > BatchMax }) problems.Add($"batch.max: 1 to {BatchMax} updates");
        if (settings.Batch is { Within: < 1 or > MillisecondsMax }) problems.Add($"batch.within: 1 to {MillisecondsMax} milliseconds");
        if (settings.Faults.Count + settings.Webhooks.Count > FaultsMax) problems.Add($"at most {FaultsMax} faults");
        problems.AddRange(All("faults", settings.Faults, FaultKinds.Requests));
        problems.AddRange(All("webhooks", settings.Webhooks, FaultKinds.Webhooks));
        return problems;
    }

    private static IEnumerable<string> All(string list, IReadOnlyList<Fault> faults, string[] kinds) =>
        faults.SelectMany((fault, i) => Of(fault, kinds).Select(problem => $"{list}[{i}]: {problem}"));

    private static IEnumerable<string> Of(Fault fault, string[] kinds)
    {
        if (!kinds.Contains(fault.Kind, StringComparer.Ordinal)) yield return $"kind must be one of {string.Join(", ", kinds)}";
        if (fault.Times is < 1) yield return "times must be at least 1";
        if (fault.Share is < 0 or > 1 or double.NaN) yield return "share must be between 0 and 1";
        if (fault.ForMilliseconds is < 0 or > MillisecondsMax) yield return $"for must be 0 to {MillisecondsMax} milliseconds";
        if (fault.HttpStatus is < 200 or > 599) yield return "httpStatus must be 200 to 599";
        if (fault.Kind == FaultKinds.Error && fault.Code is null) yield return "error needs a code";
        if (fault.Status is not null && ReferenceEquals(kinds, FaultKinds.Requests)) yield return "status is for webhook faults";
        if (fault.Status is { } status && !Statuses.Contains(status)) yield return $"status must be one of {string.Join(", ", Statuses)}";
        if (fault is { Kind: FaultKinds.FailStatus, Status: "inbound" or "any" }) yield return "failStatus is for statuses: what a person wrote cannot fail";
        if (fault.Kind == FaultKinds.WrongSignature && HasFilter(fault)) yield return "wrongSignature is for whole POSTs and takes no filter";
    }

    private static bool HasFilter(Fault fault) =>
        (fault.To ?? fault.PhoneNumberId ?? fault.BodyContains ?? fault.OpaqueContains ?? fault.Status) is not null;
}
