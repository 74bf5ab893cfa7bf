using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WaAspire.Tests.Kit;

/// <summary>What is wrong with a wire.</summary>
public enum LinkFault
{
    None,

    /// <summary>Connections break, and new ones are turned away at once: the other side's host is there, its service is not.</summary>
    Refused,

    /// <summary>No byte passes either way, and nobody is told.</summary>
    Cut,

    /// <summary>Only answers pass: what is asked stays on the wire until it heals.</summary>
    RequestsHeld,

    /// <summary>Only requests pass: they act, and nobody hears of it until the wire heals.</summary>
    AnswersHeld,

    /// <summary>Every piece of data comes late.</summary>
    Slow,
}

/// <summary>
/// A wire between two processes that can be cut both ways, one way, or slowed. Enters: TCP connections on <see cref="Port"/>.
/// Leaves: each goes to a target, the next one in turn where there are several; one that refuses is passed over. What was
/// held arrives when the wire heals, also from somebody who has left, as a network delivers it; or is lost with <see cref="Break"/>.
/// </summary>
public sealed class FaultLink : IAsyncDisposable
{
    private const int ConnectionsMax = 2048;
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int[] _targets;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<Socket, byte> _sockets = new();
    private readonly Task _accepting;
    private State _state = new(LinkFault.None);
    private int _turn;

    public FaultLink(params int[] targets)
    {
        _targets = targets;
        _listener.Start();
        // Away from whoever makes it: a test runner has few threads for its own.
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public LinkFault Fault => Volatile.Read(ref _state).Fault;

    public void Set(LinkFault fault)
    {
        // Who waits for the old state looks again.
        Interlocked.Exchange(ref _state, new State(fault)).Changed.TrySetResult();
        if (fault == LinkFault.Refused)
        {
            Break();
        }
    }

    /// <summary>Ends all connections, and with them what they hold.</summary>
    public void Break()
    {
        foreach (var socket in _sockets.Keys)
        {
            Close(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        Break();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_ended.Token);
                if (Fault == LinkFault.Refused || _sockets.Count >= ConnectionsMax)
                {
                    Close(client);
                    continue;
                }

                _ = JoinAsync(client); // ends with its sockets, which Break closes
            }
            catch (Exception gone) when (gone is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The caller left before it was accepted, or the link ends.
            }
        }
    }

    private async Task JoinAsync(Socket client)
    {
        _sockets[client] = 0;
        var server = await ConnectAsync();
        if (server is not null)
        {
            _sockets[server] = 0;
            client.NoDelay = server.NoDelay = true;
            await Task.WhenAll(PumpAsync(client, server, isRequest: true), PumpAsync(server, client, isRequest: false));
            Forget(server);
        }

        Forget(client);
    }

    private async Task<Socket?> ConnectAsync()
    {
        for (var attempt = 0; attempt < _targets.Length; attempt++)
        {
            var port = _targets[(int)((uint)Interlocked.Increment(ref _turn) % _targets.Length)];
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, _ended.Token);
                return socket;
            }
            catch (Exception refused) when (refused is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    // The buffer is the bound: what the other side does not take holds back its writer through TCP.
    private async Task PumpAsync(Socket from, Socket to, bool isRequest)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            int read;
            do
            {
                read = await from.ReceiveAsync(buffer, _ended.Token);
                await PassAsync(isRequest);
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _ended.Token);
                }
            }
            while (read > 0);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A broken direction breaks the other one, which may be waiting for bytes that never come.
            Close(from);
            Close(to);
        }
    }

    private async Task PassAsync(bool isRequest)
    {
        while (Volatile.Read(ref _state) is var state && state.Holds(isRequest))
        {
            await state.Changed.Task.WaitAsync(_ended.Token);
        }

        if (Fault == LinkFault.Slow)
        {
            await Task.Delay(_late, TimeProvider.System, _ended.Token);
        }
    }

    private void Forget(Socket socket)
    {
        _sockets.TryRemove(socket, out _);
        socket.Dispose();
    }

    /// <summary>Without a farewell: the other side sees a reset.</summary>
    private static void Close(Socket socket)
    {
        try
        {
            socket.Close(timeout: 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is closed.
        }
    }

    private sealed record State(LinkFault Fault)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Holds(bool isRequest) =>
            Fault == LinkFault.Cut || (Fault == LinkFault.RequestsHeld && isRequest) || (Fault == LinkFault.AnswersHeld && !isRequest);
    }
}
