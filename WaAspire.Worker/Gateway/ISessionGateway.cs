using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>What ownership asks of the gateway. A gateway that gives no answer is no exception: its sockets end by their deadlines.</summary>
public interface ISessionGateway
{
    /// <summary>Whether sessions can be opened at all.</summary>
    bool IsReady { get; }

    /// <summary>Opens what is not open and prolongs the rest, up to the trust that is left.</summary>
    Task KeepAsync(IReadOnlyList<OwnedAccount> held, CancellationToken cancellationToken);

    /// <summary>Shows codes until one is used. False: it was not told.</summary>
    Task<bool> PairAsync(OwnedAccount held, PairRequest request, CancellationToken cancellationToken);

    /// <summary>Ends the socket; its last key writes are stored before it returns. False: nobody confirmed it.</summary>
    Task<bool> CloseAsync(OwnedAccount held, CancellationToken cancellationToken);

    /// <summary>Removes the device at WhatsApp, clears the keys, and ends the session: the account is deleted.</summary>
    Task<bool> LogOutAsync(OwnedAccount held, CancellationToken cancellationToken);
}
