using System.Collections.Frozen;
using WaAspire.Messaging.Accounts;

namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// Every error of the Cloud API that is known, as data: the worker classifies answers with it, the proxy acts on webhooks
/// with it. Meta advises to branch on the code, because the HTTP status is not reliable; the status decides only the class
/// of a code that is not known here.
/// </summary>
/// <remarks>https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes</remarks>
public static class ErrorTable
{
    /// <summary>With code 100: the id is wrong, or this app may not see it.</summary>
    public const int ObjectSubcode = 33;

    public const int InvalidParameter = 100;

    /// <summary>No connection to Meta came about: nothing can have left.</summary>
    public static readonly ErrorRule Unreachable = Down("Meta cannot be reached", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    /// <summary>The worker has no key, or the account no phone number id.</summary>
    public static readonly ErrorRule NotConfigured = Sender("The account has no phone number id or token", "not_configured") with { PauseFor = TimeSpan.FromMinutes(1), PauseCap = TimeSpan.FromHours(1) };

    /// <summary>
    /// A linked device's <c>463</c>: too many strangers were written to. No retry: each makes it worse. Where WhatsApp does
    /// not say for how long, a day is waited.
    /// </summary>
    public static readonly ErrorRule NewContacts = new(ErrorFate.Fail, "WhatsApp lets this account begin no new conversations for now")
    {
        Pause = ErrorScope.NewContacts,
        Reason = "new_contacts",
        PauseFor = TimeSpan.FromDays(1),
        Alert = true,
    };

    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _quarter = TimeSpan.FromMinutes(15);
    private static readonly ErrorRule _permission = Sender("A permission is missing", "permission");
    private static readonly ErrorRule _objectUnreachable = Sender("The phone number id is wrong or may not be used", "number_not_accessible");
    private static readonly ErrorRule _unknownServerError = new(ErrorFate.Retry, "Meta could not send it") { Alert = true };
    private static readonly ErrorRule _unknownClientError = FailAndAlert("Meta refused it for a reason that is not known here");

    private static readonly FrozenDictionary<int, ErrorRule> _rules = new Dictionary<int, ErrorRule>
    {
        // The token, and what it may do.
        [0] = Sender("The access token is not valid", "token_expired"),
        [190] = Sender("The access token has expired", "token_expired"),
        [3] = _permission,
        [10] = _permission,
        [131005] = _permission,

        // Meta itself.
        [1] = Retry("Invalid request, or an error of Meta's", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)),
        [2] = Down("Meta is overloaded or down", TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5)),
        [131000] = Retry("Something went wrong at Meta", TimeSpan.FromSeconds(10), _minute, TimeSpan.FromMinutes(5)),
        [131016] = Down("The service is not available for now", TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10)),
        [133004] = Down("The server is not available for now", TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5)),
        [131057] = Wait("The account is in maintenance", ErrorScope.Account, "maintenance", _minute),

        // How fast, and how much.
        [4] = Wait("The app has reached its limit of calls", ErrorScope.App, "app_rate_limit", _minute) with { PauseCap = _quarter },
        [80007] = Wait("The business account has reached its limit of calls", ErrorScope.BusinessAccount, "waba_rate_limit", _minute) with { PauseCap = _quarter },
        [130429] = new(ErrorFate.Wait, "The number sends too fast") { Pause = ErrorScope.Rate, Backoff = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)) },
        [131056] = new(ErrorFate.Wait, "This recipient was written to too often") { Pause = ErrorScope.Pair },
        [131048] = Sender("Sending is restricted because of spam reports", "spam_limit") with { PauseFor = TimeSpan.FromHours(4) },
        [131064] = Sender("The messaging limit is reached because of miscategorised templates", "messaging_limit"),

        // The account.
        [33] = Sender("The phone number has been deleted", "number_deleted"),
        [368] = Sender("The business account is restricted for its policy violations", "restricted"),
        [131031] = Sender("The account is locked", "locked"),
        [131037] = Sender("The number needs an approved display name", "display_name"),
        [131042] = Sender("There is a problem with the payment method", "billing"),
        [131045] = Sender("The phone number is not registered rightly", "registration"),
        [133010] = Sender("The phone number is not registered", "registration"),
        [130497] = FailAndAlert("The business may not write to people of this country"),
        [134011] = FailAndAlert("The payments terms are not accepted"),

        // Registration only: they should never answer a message.
        [133000] = FailAndAlert("An earlier deregistration failed"),
        [133005] = FailAndAlert("The PIN is wrong"),
        [133006] = FailAndAlert("The number must be verified before it is registered"),
        [133008] = FailAndAlert("Too many wrong PINs"),
        [133009] = FailAndAlert("The PIN was entered too fast"),
        [133015] = new(ErrorFate.Retry, "The phone number is being deleted") { Delays = [TimeSpan.FromMinutes(5)], Alert = true },
        [133016] = FailAndAlert("Too many registrations of this number"),
        [139100] = FailAndAlert("Blocking users failed"),
        [139101] = FailAndAlert("The block list is full"),
        [139102] = FailAndAlert("The block list was changed at the same time"),
        [139103] = FailAndAlert("Blocking users failed inside Meta"),

        // The recipient.
        [130403] = Fail("The business has blocked this recipient"),
        [130472] = Fail("Not sent because of a marketing experiment of Meta's"),
        [131021] = Fail("Sender and recipient are the same"),
        [131026] = Fail("The recipient cannot be reached on WhatsApp"),
        [131030] = FailAndAlert("The recipient is not on the test number's list"),
        [131047] = Fail("More than 24 hours since the recipient's last reply: use a template"),
        [131049] = Fail("Not delivered, to keep the recipient's engagement healthy: wait a day"),
        [131050] = Fail("The recipient has stopped marketing messages"),
        [131062] = Fail("This kind of message needs the recipient's phone number"),
        [137000] = Fail("The recipient's identity has changed"),

        // The message.
        [InvalidParameter] = Fail("A parameter is not supported, misspelled or too long") with { AlertIfRepeated = true },
        [131008] = FailAndAlert("A required parameter is missing"),
        [131009] = Fail("A parameter's value is not valid"),
        [131051] = Fail("This kind of message is not supported"),
        [131052] = Fail("The media cannot be downloaded"),
        [131053] = Retry("The media cannot be uploaded", TimeSpan.FromSeconds(5)) with { OnlyIfFetchFailed = true, Alert = false },
        [131055] = Fail("This endpoint does not allow the message"),
        [132068] = FailAndAlert("The flow is blocked"),
        [132069] = new(ErrorFate.Retry, "The flow is throttled") { Delays = [.. Enumerable.Repeat(TimeSpan.FromHours(1), 4)] },
        [134100] = Fail("Only marketing messages are allowed here"),
        [134101] = new(ErrorFate.Retry, "The template is still being synchronised") { Delays = [.. Enumerable.Repeat(TimeSpan.FromMinutes(10), 4)] },
        [134102] = FailAndAlert("The template cannot be used here"),
        [135000] = FailAndAlert("A parameter is wrong, and Meta does not say which"),

        // The template.
        [131063] = Template("Marketing templates are disabled"),
        [132000] = Fail("The number of the template's parameters is wrong"),
        [132001] = Template("The template does not exist in this language, or is not approved"),
        [132005] = Fail("The template's text is too long with its parameters"),
        [132007] = Template("The template violates a policy"),
        [132012] = Fail("A parameter of the template has a wrong format"),
        [132015] = Template("The template is paused"),
        [132016] = Template("The template is disabled for good"),
        [132018] = Fail("The template is not valid"),
    }.ToFrozenDictionary();

    /// <summary>Every code that has a row of its own, besides 200 to 299, which are one.</summary>
    public static IReadOnlyCollection<int> Codes => _rules.Keys;

    /// <summary>Null for a code that is not known here.</summary>
    public static ErrorRule? Find(int code, int? subcode = null) =>
        code == InvalidParameter && subcode == ObjectSubcode ? _objectUnreachable
        : code is >= 200 and <= 299 ? _permission
        : _rules.GetValueOrDefault(code);

    /// <summary>The rule of a code that is not known here, by its class.</summary>
    public static ErrorRule OfClass(int httpStatus) => httpStatus >= 500 ? _unknownServerError : _unknownClientError;

    private static ErrorRule Fail(string title) => new(ErrorFate.Fail, title);

    private static ErrorRule FailAndAlert(string title) => Fail(title) with { Alert = true };

    private static ErrorRule Retry(string title, params TimeSpan[] delays) => new(ErrorFate.Retry, title) { Delays = delays, Alert = true };

    private static ErrorRule Template(string title) => FailAndAlert(title) with { Pause = ErrorScope.Template };

    private static ErrorRule Sender(string title, string reason) =>
        new(ErrorFate.Wait, title) { Pause = ErrorScope.Account, Reason = reason, Alert = true };

    private static ErrorRule Wait(string title, ErrorScope scope, string reason, TimeSpan pause) =>
        new(ErrorFate.Wait, title) { Pause = scope, Reason = reason, PauseFor = pause };

    private static ErrorRule Down(string title, TimeSpan first, TimeSpan cap) =>
        new(ErrorFate.Wait, title) { Pause = ErrorScope.Provider, Reason = SendPause.ProviderDown, Backoff = (first, cap) };
}
