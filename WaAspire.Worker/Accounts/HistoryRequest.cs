using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary><c>accounts/{id}.historyRequest</c>: somebody asks the account's owner for older messages.</summary>
/// <param name="Id">Of this request.</param>
/// <param name="Threads">Of how many conversations, the latest first.</param>
/// <param name="Messages">How many of each.</param>
public sealed record HistoryRequest(string Id, int Threads, int Messages)
{
    public const int ThreadsMax = 100;

    /// <summary>For somebody who names no number.</summary>
    public const int ThreadsUsual = 30;

    /// <summary>Of one conversation at a time: what WhatsApp's own clients ask for.</summary>
    public const int MessagesMax = 50;

    /// <summary>Null when there is none, or when it has been carried out.</summary>
    public static HistoryRequest? Read(DocumentFields account) =>
        account.Map(AccountFields.HistoryRequest) is { } request && request.Text("id") is { Length: > 0 } id && id != account.Text(AccountFields.HistoryRequestDone)
            ? new HistoryRequest(id, (int)Math.Clamp(request.Integer("threads") ?? 1, 1, ThreadsMax), (int)Math.Clamp(request.Integer("messages") ?? MessagesMax, 1, MessagesMax))
            : null;
}
