using System.Net;
using System.Net.Sockets;

namespace WaAspire.LocalHosting.Ports;

/// <summary>
/// Enters: TCP connections on one public port. Leaves: each goes to the next replica in turn; one that refuses is passed
/// over. Each direction ends by itself, so half-closed streams live. Replicas that refuse all: the connection is closed.
/// </summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private const int MaxConnections = 1024;
    private const int Backlog = 512;

    private readonly List<TcpListener> _listeners = [];
    private readonly IReadOnlyList<int> _targets;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(MaxConnections);
    private readonly List<Task> _acceptLoops = [];
    private int _turn = -1;

    private Forwarder(IReadOnlyList<int> targets) => _targets = targets;

    public static Forwarder Start(int publicPort, IReadOnlyList<int> targets)
    {
        var forwarder = new Forwarder(targets);
        foreach (var address in Loopback.Addresses)
        {
            var listener = new TcpListener(address, publicPort);
            listener.Start(Backlog);
            forwarder._listeners.Add(listener);
            forwarder._acceptLoops.Add(forwarder.AcceptAsync(listener));
        }

        return forwarder;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var listener in _listeners)
            listener.Dispose();
        await Task.WhenAll(_acceptLoops);
        // Only now do all slots come back: every connection has ended.
        for (var i = 0; i < MaxConnections; i++)
            await _slots.WaitAsync();
        _stopping.Dispose();
        _slots.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var client = await listener.AcceptSocketAsync(_stopping.Token);
                _ = ForwardAsync(client); // gives its slot back; DisposeAsync waits for all slots
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                _slots.Release(); // a client that left before it was accepted is no reason to stop
            }
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        try
        {
            using (client)
            using (var target = await ConnectAsync())
            {
                if (target is null)
                    return;
                client.NoDelay = target.NoDelay = true;
                // Both streams before the first byte: a socket whose sending side is shut counts as unconnected.
                await using var near = new NetworkStream(client, ownsSocket: true);
                await using var far = new NetworkStream(target, ownsSocket: true);
                await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
            }
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, or we stop. Closing both tells the other.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        for (var attempt = 0; attempt < _targets.Count; attempt++)
        {
            var port = _targets[(int)((uint)Interlocked.Increment(ref _turn) % _targets.Count)];
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose(); // a dead replica; the next one's turn
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        return null;
    }

    // The buffer is the bound: a slow reader holds back its writer through TCP.
    private async Task PumpAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            await from.CopyToAsync(to, _stopping.Token);
            to.Socket.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // A broken direction breaks the other, which may be waiting for bytes that never come.
            await from.DisposeAsync();
            await to.DisposeAsync();
            throw;
        }
    }
}
