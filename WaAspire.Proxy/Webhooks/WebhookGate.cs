using Microsoft.Extensions.Options;

namespace WaAspire.Proxy.Webhooks;

/// <summary>How many webhook requests are read and stored at a time; the others wait with their bytes alone.</summary>
internal sealed class WebhookGate(IOptions<WebhookOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _places = new(options.Value.RequestsAtOnce);

    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        return new Place(_places);
    }

    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
