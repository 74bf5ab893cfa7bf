using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Providers;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>
/// A connection that is reset between its opening and the first byte: .NET asks the dead socket for its peer's address and
/// lets the socket's own exception out, not an HttpRequestException.
/// </summary>
public sealed class ResetConnectionTests
{
    [Fact]
    public async Task a_connection_that_dies_as_it_opens_leaves_no_doubt()
    {
        var api = new CloudApiOptions { BaseUrl = "http://127.0.0.1:1/v25.0", AccessToken = "a-token" };
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => ConnectAndLoseAsync() };
        using var client = new HttpClient(handler);
        var provider = new CloudApiProvider(client, Options.Create(api), Tokens.Configured(api), Options.Create(new SendingOptions()), new Random(1), TimeProvider.System);

        await Assert.ThrowsAsync<SocketException>(() => client.GetAsync(new Uri("http://127.0.0.1:1/")));
        Assert.IsType<SendOutcome.RetryLater>(await provider.SendAsync(
            new Account("account", "cloud_api", "connected", "1", false),
            new ClaimedMessage(new OutboxDocument { RequestId = "r", CreateTime = DateTimeOffset.UnixEpoch, UpdateTime = DateTimeOffset.UnixEpoch, ToJid = "40712345678@s.whatsapp.net", Body = "Bună ziua", ClaimSeq = 1, AttemptCount = 1 }, 0),
            CancellationToken.None));
    }

    private static async ValueTask<Stream> ConnectAndLoseAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        var stream = new NetworkStream(socket, ownsSocket: true);
        using (var peer = await listener.AcceptSocketAsync())
        {
            // Closing without lingering is a reset.
            peer.LingerState = new LingerOption(true, 0);
        }

        // Not the connected state that .NET remembers: what the system says of the socket.
        socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead);
        return stream;
    }
}
