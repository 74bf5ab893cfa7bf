using System.Net;
using System.Net.Sockets;

namespace WaAspire.LocalHosting.Ports;

/// <summary>
/// "localhost" is two addresses on most machines, and clients differ in which they try first. So everything of ours
/// listens on both where IPv6 exists, and URLs may say localhost as Aspire's do.
/// </summary>
internal static class Loopback
{
    public const string HostName = "localhost";

    public static readonly IReadOnlyList<IPAddress> Addresses =
        CanListen(IPAddress.IPv6Loopback, port: 0) ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    public static bool IsFree(int port) => Addresses.All(address => CanListen(address, port));

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
