using System.Globalization;

namespace WaAspire.Bench;

/// <param name="Idle">Messages sent one by one to an idle system.</param>
/// <param name="Load">Messages sent as fast as the proxy takes them.</param>
/// <param name="Threads">Threads that the load is spread over.</param>
/// <param name="Backlog">Queued messages of one account, beside which another one sends.</param>
/// <param name="Documents">In one collection of the emulator.</param>
internal sealed record BenchOptions(int Idle, int Load, int Threads, int Backlog, int Documents)
{
    public static BenchOptions Parse(string[] args) =>
        new(Number(args, "--idle", 20), Number(args, "--load", 1000), Number(args, "--threads", 50), Number(args, "--backlog", 100_000), Number(args, "--documents", 1_000_000));

    private static int Number(string[] args, string name, int otherwise)
    {
        var index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? int.Parse(args[index + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
