using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WaAspire.Tests.Firestore;

/// <summary>
/// A TCP server that reads whole HTTP/1.1 requests and then does with the connection what the test says. It counts what
/// arrived: a replayed request cannot hide.
/// </summary>
internal sealed class BreakingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, Stream, Task<bool>> _serve;
    private readonly Task _accepting;
    private int _requests;
    private int _connections;

    /// <param name="serve">Gets the request's number, answers or not, and returns whether the connection stays open.</param>
    public BreakingServer(Func<int, Stream, Task<bool>> serve)
    {
        _serve = serve;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Requests => Volatile.Read(ref _requests);

    public int Connections => Volatile.Read(ref _connections);

    public static Task AnswerAsync(Stream stream, string json, int? pretendLength = null) => stream.WriteAsync(Encoding.ASCII.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {pretendLength ?? json.Length}\r\n\r\n{json}")).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception exception) when (_stop.IsCancellationRequested && exception is OperationCanceledException or InvalidOperationException or SocketException)
        {
            // The listener may be stopped just before it is asked again.
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await ReadRequestAsync(stream) && await _serve(Interlocked.Increment(ref _requests), stream))
                {
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    /// <summary>Reads one request to its last byte; false at the end of the connection.</summary>
    private async Task<bool> ReadRequestAsync(NetworkStream stream)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsComplete(received.ToString()))
        {
            var count = await stream.ReadAsync(buffer, _stop.Token);
            if (count == 0)
                return false;
            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return true;
    }

    private static bool IsComplete(string received)
    {
        var end = received.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        var length = received[..end].Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return received.Length >= end + 4 + int.Parse(length.Split(':')[1]);
    }
}
