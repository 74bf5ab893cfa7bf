namespace WaAspire.Worker.Gateway;

/// <summary>From the gateway's words to the ones that clients know.</summary>
internal static class SessionStatus
{
    private const string LoggedOutByCommand = "by_command";

    /// <summary>connecting, qr_ready, connected, reconnecting, disconnected, needs_qr or logged_out.</summary>
    public static string Of(string state, string? reason) => state switch
    {
        "connecting" or "qr_ready" or "connected" or "reconnecting" or "needs_qr" => state,

        // The phone removed the device: a person must scan again. What a person ended stays ended.
        GatewayStates.LoggedOut => reason == LoggedOutByCommand ? "logged_out" : "needs_qr",
        GatewayStates.Closed => "reconnecting",
        _ => "disconnected",
    };

    public static string? ReasonOf(string? reason) => reason switch
    {
        "ownership_lost" => "replaced_by_new_session",
        "device_removed" => "logged_out",
        _ => reason,
    };
}
