using System.Net;
using System.Net.Sockets;
using System.Text;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>The wire, with somebody at its far end who writes down what arrives and answers each letter with a capital one.</summary>
public sealed class FaultLinkTests : IAsyncLifetime
{
    private readonly TcpListener _far = new(IPAddress.Loopback, 0);
    private readonly StringBuilder _arrived = new();
    private readonly TcpClient _near = new();
    private FaultLink _link = null!;
    private Task _answering = Task.CompletedTask;

    public Task InitializeAsync()
    {
        _far.Start();
        _link = new FaultLink(((IPEndPoint)_far.LocalEndpoint).Port);
        _answering = Task.Run(AnswerAsync);
        return _near.ConnectAsync(IPAddress.Loopback, _link.Port);
    }

    public async Task DisposeAsync()
    {
        _near.Dispose();
        await _link.DisposeAsync();
        _far.Dispose();
        await _answering;
    }

    [Fact]
    public async Task a_sound_wire_carries_both_ways()
    {
        await SayAsync("a");

        Assert.Equal("A", await HearAsync());
    }

    [Theory]
    [InlineData(LinkFault.Cut)]
    [InlineData(LinkFault.RequestsHeld)]
    public async Task what_is_asked_over_a_cut_wire_arrives_when_it_heals(LinkFault fault)
    {
        await SayAsync("a");
        await HearAsync();
        _link.Set(fault);
        await SayAsync("b");
        var hearing = HearAsync();
        await Task.WhenAny(hearing, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System));

        Assert.Equal(("a", false), (Arrived(), hearing.IsCompleted));
        _link.Set(LinkFault.None);
        Assert.Equal("B", await hearing);
    }

    [Fact]
    public async Task with_answers_held_the_request_acts_and_nobody_hears_of_it_until_the_wire_heals()
    {
        _link.Set(LinkFault.AnswersHeld);
        await SayAsync("a");
        await Eventually.IsTrueAsync(() => Task.FromResult(Arrived() == "a"), "the request has arrived");
        var hearing = HearAsync();

        Assert.False(hearing.IsCompleted);
        _link.Set(LinkFault.None);
        Assert.Equal("A", await hearing);
    }

    [Fact]
    public async Task who_left_a_held_request_behind_has_asked_all_the_same()
    {
        await SayAsync("a");
        await HearAsync();
        _link.Set(LinkFault.RequestsHeld);
        await SayAsync("b");
        _near.Client.Shutdown(SocketShutdown.Send);

        _link.Set(LinkFault.None);

        await Eventually.IsTrueAsync(() => Task.FromResult(Arrived() == "ab"), "the request has arrived");
    }

    [Fact]
    public async Task a_wire_that_refuses_breaks_what_is_there_and_takes_nobody_new()
    {
        await SayAsync("a");
        await HearAsync();

        _link.Set(LinkFault.Refused);

        Assert.Equal("", await HearAsync());
        Assert.Equal("", await HearAnewAsync());
    }

    private async Task AnswerAsync()
    {
        try
        {
            using var client = await _far.AcceptTcpClientAsync();
            var buffer = new byte[1];
            while (await client.GetStream().ReadAsync(buffer) > 0)
            {
                lock (_arrived)
                {
                    _arrived.Append((char)buffer[0]);
                }

                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{char.ToUpperInvariant((char)buffer[0])}"));
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
        {
            // The wire was broken, or the test is over.
        }
    }

    private string Arrived()
    {
        lock (_arrived)
        {
            return _arrived.ToString();
        }
    }

    private async Task SayAsync(string letter) => await _near.GetStream().WriteAsync(Encoding.ASCII.GetBytes(letter));

    private Task<string> HearAsync() => HearAsync(_near);

    private async Task<string> HearAnewAsync()
    {
        using var another = new TcpClient();
        try
        {
            await another.ConnectAsync(IPAddress.Loopback, _link.Port);
        }
        catch (SocketException)
        {
            return "";
        }

        return await HearAsync(another);
    }

    /// <summary>Empty when the connection has ended.</summary>
    private static async Task<string> HearAsync(TcpClient client)
    {
        var buffer = new byte[1];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
