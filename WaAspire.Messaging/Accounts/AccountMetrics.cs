using System.Diagnostics.Metrics;
using System.Globalization;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Accounts;

/// <summary>What is counted of errors and of who may send. Reasons and codes come from the error table, so the set of tags is small.</summary>
public sealed class AccountMetrics : IDisposable
{
    private const string Unknown = "unknown";
    private const string Custom = "custom";
    private static readonly HashSet<string> _reasons =
        [SendPause.Operator, SendPause.ProviderDown, SendPause.StaleBacklog, ErrorTable.NotConfigured.Reason, ErrorTable.NewContacts.Reason, ErrorTable.Find(ErrorTable.InvalidParameter, ErrorTable.ObjectSubcode)!.Reason, .. ErrorTable.Codes.Select(code => ErrorTable.Find(code)!.Reason).Where(reason => reason.Length > 0)];

    private readonly Meter _meter;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _alerts;
    private readonly Counter<long> _pauses;
    private readonly Counter<long> _resumes;
    private readonly Counter<long> _templates;

    public AccountMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("WaAspire.Messaging");
        _errors = _meter.CreateCounter<long>("waaspire.whatsapp.errors", "{error}", "Errors that WhatsApp answered or reported, by code");
        _alerts = _meter.CreateCounter<long>("waaspire.whatsapp.alerts", "{alert}", "Errors that a person must look at, by code");
        _pauses = _meter.CreateCounter<long>("waaspire.accounts.pauses", "{pause}", "Accounts that stopped sending, by reason");
        _resumes = _meter.CreateCounter<long>("waaspire.accounts.resumes", "{resume}", "Accounts that send again, by the reason of their pause");
        _templates = _meter.CreateCounter<long>("waaspire.templates.pauses", "{pause}", "Templates that are no longer sent, by code");
    }

    /// <summary>A reason as a tag: an operator's own words are not one.</summary>
    public static string Tag(string reason) => _reasons.Contains(reason) ? reason : Custom;

    /// <summary>A code as a tag: a number that the table does not know is not one.</summary>
    public static string CodeTag(string code) =>
        !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || ErrorTable.Find(number) is not null ? code : Unknown;

    public void Error(string code) => _errors.Add(1, Code(code));

    public void Alert(string code) => _alerts.Add(1, Code(code));

    public void Paused(string reason) => _pauses.Add(1, new KeyValuePair<string, object?>("reason", Tag(reason)));

    public void Resumed(string reason) => _resumes.Add(1, new KeyValuePair<string, object?>("reason", Tag(reason)));

    public void TemplatePaused(string code) => _templates.Add(1, Code(code));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Code(string code) => new("code", CodeTag(code));
}
