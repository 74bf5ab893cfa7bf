using System.Net.Http.Json;

namespace WaAspire.Tests.Chaos;

/// <summary>The stand-ins' own faults. WhatsApp's requests and its webhooks are bent by different faults at the same time, and set together.</summary>
internal sealed class ChaosSwitches(HttpClient firebase, HttpClient whatsApp)
{
    private const string StoreFaults = "/emulator/v1/faults";
    private const string ProviderFaults = "/simulator/faults";
    private readonly SemaphoreSlim _one = new(1);
    private object[] _requests = [];
    private object[] _webhooks = [];

    public Task SetStoreAsync(object faults) => PutAsync(firebase, StoreFaults, faults);

    public Task ClearStoreAsync() => PutAsync(firebase, StoreFaults, new { });

    public Task SetRequestsAsync(params object[] faults) => SetAsync(() => _requests = faults);

    public Task SetWebhooksAsync(params object[] faults) => SetAsync(() => _webhooks = faults);

    private async Task SetAsync(Action change)
    {
        await _one.WaitAsync();
        try
        {
            change();
            await PutAsync(whatsApp, ProviderFaults, new { faults = _requests, webhooks = _webhooks });
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task PutAsync(HttpClient standIn, string path, object body)
    {
        using var response = await standIn.PutAsJsonAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
