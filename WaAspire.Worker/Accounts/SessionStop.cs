using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Gateway;

namespace WaAspire.Worker.Accounts;

/// <summary>Why a session does not come back by itself, as its last owner stored it: banned, replaced, logged out, never scanned.</summary>
/// <param name="Reason">The gateway's word.</param>
/// <param name="Until">When it may be tried again; null: when a person asks for it.</param>
public sealed record SessionStop(string? Reason, DateTimeOffset? Until)
{
    /// <summary>Null when the session may be opened.</summary>
    public static SessionStop? Read(DocumentFields account) =>
        account.Text(AccountFields.SessionState) is GatewayStates.Stopped or GatewayStates.LoggedOut or GatewayStates.NeedsQr
            ? new SessionStop(account.Text(AccountFields.SessionReason), account.Timestamp(AccountFields.SessionUntil))
            : null;
}
