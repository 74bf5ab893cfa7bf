using System.Net.ServerSentEvents;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>
/// The open pages. A page that reads too slowly is cut off; its browser comes back by itself and starts with a
/// snapshot, so nothing needs to be kept for it. Not thread-safe where marked: <see cref="ChatStore"/> holds the gate.
/// </summary>
internal sealed class PhoneEvents(IOptions<SimulatorOptions> options)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Lock _gate = new();
    private readonly List<PhoneSubscription> _pages = [];

    public void Publish(string type, Func<object> data)
    {
        lock (_gate)
        {
            if (_pages.Count == 0) return;
            var item = Item(type, data());
            _pages.RemoveAll(page => !page.Offer(item));
        }
    }

    public PhoneSubscription? Subscribe(object snapshot)
    {
        lock (_gate)
        {
            if (_pages.Count >= options.Value.SubscribersMax) return null;
            var page = new PhoneSubscription(options.Value.SubscriberBufferMax, Leave);
            page.Offer(Item("snapshot", snapshot));
            _pages.Add(page);
            return page;
        }
    }

    private void Leave(PhoneSubscription page)
    {
        lock (_gate) _pages.Remove(page);
    }

    private static SseItem<string> Item(string type, object data) => new(JsonSerializer.Serialize(data, Json), type);
}

/// <summary>One open page and what it has not read yet.</summary>
internal sealed class PhoneSubscription(int bufferMax, Action<PhoneSubscription> leave) : IDisposable
{
    private readonly Channel<SseItem<string>> _channel = Channel.CreateBounded<SseItem<string>>(bufferMax);

    /// <summary>False when the page is too far behind; its stream then ends after what is buffered.</summary>
    public bool Offer(SseItem<string> item)
    {
        if (_channel.Writer.TryWrite(item)) return true;
        _channel.Writer.TryComplete();
        return false;
    }

    public IAsyncEnumerable<SseItem<string>> ReadAsync(CancellationToken cancellation) => _channel.Reader.ReadAllAsync(cancellation);

    public void Dispose() => leave(this);
}
