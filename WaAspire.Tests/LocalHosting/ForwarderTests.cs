using System.Net;
using System.Net.Sockets;
using System.Text;
using WaAspire.LocalHosting.Ports;

namespace WaAspire.Tests.LocalHosting;

public sealed class ForwarderTests
{
    [Fact]
    public async Task connections_go_round()
    {
        using var a = new Server("a");
        using var b = new Server("b");
        await using var forwarder = Start(out var port, a.Port, b.Port);
        Assert.Equal(["a", "b", "a", "b"], [await AskAsync(port), await AskAsync(port), await AskAsync(port), await AskAsync(port)]);
    }

    [Fact]
    public async Task a_dead_replica_is_passed_over_and_taken_again_when_it_is_back()
    {
        using var a = new Server("a");
        var deadPort = PortAllocator.Take();
        await using var forwarder = Start(out var port, a.Port, deadPort);
        Assert.Equal(["a", "a", "a"], [await AskAsync(port), await AskAsync(port), await AskAsync(port)]);

        using var b = new Server("b", deadPort);
        Assert.Equal(["a", "b"], new[] { await AskAsync(port), await AskAsync(port) }.Order());
    }

    [Fact]
    public async Task with_all_replicas_dead_the_connection_ends_at_once()
    {
        await using var forwarder = Start(out var port, PortAllocator.Take(), PortAllocator.Take());
        Assert.Equal("", await AskAsync(port));
    }

    [Fact]
    public async Task a_half_closed_stream_still_gets_its_answer()
    {
        // The server answers only when it has seen the end of the question.
        using var a = new Server("a", echo: true);
        await using var forwarder = Start(out var port, a.Port);
        var question = new string('x', 1_000_000);
        Assert.Equal(question, await AskAsync(port, question));
    }

    [Fact]
    public async Task both_addresses_of_localhost_answer()
    {
        using var a = new Server("a");
        await using var forwarder = Start(out var port, a.Port);
        foreach (var address in Loopback.Addresses)
            Assert.Equal("a", await AskAsync(port, address: address));
    }

    [Fact]
    public async Task its_end_closes_what_is_open_and_frees_the_port()
    {
        using var a = new Server("a", silent: true);
        var forwarder = Start(out var port, a.Port);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        Assert.True(await TestApps.EventuallyAsync(() => a.Accepted > 0));

        await forwarder.DisposeAsync().AsTask().WaitAsync(TestApps.Patience);
        Assert.Equal(0, await ReadToEndAsync(client));
        Assert.True(Loopback.IsFree(port));
    }

    private static Forwarder Start(out int port, params int[] targets)
    {
        port = PortAllocator.Take();
        return Forwarder.Start(port, targets);
    }

    private static async Task<string> AskAsync(int port, string question = "", IPAddress? address = null)
    {
        using var client = new TcpClient((address ?? IPAddress.Loopback).AddressFamily);
        await client.ConnectAsync(address ?? IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question));
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TestApps.Patience);
    }

    private static async Task<int> ReadToEndAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TestApps.Patience);
        }
        catch (IOException)
        {
            return 0; // reset is an end as well
        }
    }

    /// <summary>Says its name, or what it was sent, or nothing.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener;

        public Server(string name, int port = 0, bool echo = false, bool silent = false)
        {
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            _ = ServeAsync(name, echo, silent);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Accepted { get; private set; }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string name, bool echo, bool silent)
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    Accepted++;
                    if (!silent)
                        await AnswerAsync(client, name, echo);
                }
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task AnswerAsync(TcpClient client, string name, bool echo)
        {
            using var closing = client;
            using var reader = new StreamReader(client.GetStream());
            var question = await reader.ReadToEndAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(echo ? question : name));
        }
    }
}
