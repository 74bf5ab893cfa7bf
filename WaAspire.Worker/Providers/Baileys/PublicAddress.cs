using System.Net;
using System.Net.Sockets;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>Whether an address lies in the open internet: what is not certainly public is not.</summary>
/// <remarks>https://www.iana.org/assignments/iana-ipv4-special-registry and its sister for IPv6</remarks>
internal static class PublicAddress
{
    private static readonly IPNetwork[] _special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(IPNetwork.Parse),
    ];

    // Global unicast, without documentation, 6to4, Teredo and the addresses that only translate IPv4.
    private static readonly IPNetwork _global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] _notGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool Is(IPAddress address)
    {
        var bare = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return bare.AddressFamily == AddressFamily.InterNetwork
            ? !_special.Any(network => network.Contains(bare))
            : _global.Contains(bare) && !_notGlobal.Any(network => network.Contains(bare));
    }
}
