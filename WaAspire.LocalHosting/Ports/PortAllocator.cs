using System.Security.Cryptography;
using Aspire.Hosting;

namespace WaAspire.LocalHosting.Ports;

/// <summary>
/// Random free ports for processes that will listen only later. They are taken from below the range from which
/// kernels hand out ports (Linux 32768, macOS 49152 upwards), where any outgoing connection might sit on them by then.
/// </summary>
internal static class PortAllocator
{
    private const int First = 20000;
    private const int End = 32768;
    private const int Attempts = 200;

    private static readonly Lock s_gate = new();
    private static readonly HashSet<int> s_taken = [];

    public static int Take()
    {
        lock (s_gate)
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var port = RandomNumberGenerator.GetInt32(First, End);
                if (!s_taken.Contains(port) && Loopback.IsFree(port))
                {
                    s_taken.Add(port);
                    return port;
                }
            }
        }

        throw new DistributedApplicationException($"No free port between {First} and {End - 1} was found in {Attempts} attempts.");
    }

    public static void Return(int port)
    {
        lock (s_gate)
            s_taken.Remove(port);
    }
}
