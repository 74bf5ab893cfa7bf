using System.Net;
using System.Net.Sockets;

namespace WaAspire.Tests.Kit;

/// <summary>A port that nobody listened on a moment ago.</summary>
public static class FreePort
{
    // Below what systems give to connections by themselves (32768 and up).
    private const int First = 20_000;
    private const int Count = 12_000;
    private static int _next = Environment.ProcessId * 97 % Count;

    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>For a process that dies and comes back: while it is away, no connection is given its port.</summary>
    public static int ToComeBackTo()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }

        throw new InvalidOperationException($"No port between {First} and {First + Count} is free.");
    }
}
