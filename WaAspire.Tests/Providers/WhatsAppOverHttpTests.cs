using Microsoft.Extensions.Options;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.WhatsAppSimulator;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Providers;

/// <summary>
/// The contract over real HTTP. Sender and WhatsApp each have a clock that only the test moves: who gives up and what is
/// late is decided by what has arrived, however long the machine takes.
/// </summary>
public sealed class WhatsAppOverHttpTests : WhatsAppContract, IAsyncLifetime
{
    private static readonly Account _account = new("account", "cloud_api", "connected", Simulator.Number, false);
    private static readonly Uri _nobody = new("http://127.0.0.1:1");
    private static readonly TimeSpan _aWhile = TimeSpan.FromMilliseconds(100);
    private readonly ManualTime _sendersTime = new();
    private readonly ManualTime _whatsAppsTime = new();
    private readonly SendingOptions _sending = new();
    private readonly List<ToldReceipt> _receipts = [];
    private WebhookReceiver _receiver = null!;
    private Simulator _whatsApp = null!;
    private Task<ReceivedStatus>? _next;

    public async Task InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        _whatsApp = await Simulator.StartAsync(
            _whatsAppsTime,
            ("Webhooks:Url", _receiver.Url),
            ("Webhooks:SentAfter", "00:00:01"),
            ("Webhooks:DeliveredAfter", "00:00:02"),
            ("Webhooks:ReadAfter", "00:00:03"),
            ("Webhooks:Lanes", "1"),
            ("Webhooks:Timeout", "00:05:00"));
    }

    public async Task DisposeAsync()
    {
        await _whatsApp.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    protected override Task<SendOutcome> SendAsync(WhatsAppFate fate, string requestId, long attempt) => fate switch
    {
        WhatsAppFate.Accepted => SendAsync(null, Message(requestId, attempt)),
        WhatsAppFate.Unreachable => Provider(_nobody).SendAsync(_account, Message(requestId, attempt), CancellationToken.None),
        WhatsAppFate.AcceptedSlowly => SendAsync(new { kind = "slow", @for = 10_000 }, Message(requestId, attempt), timePasses: true),
        WhatsAppFate.AcceptedLate => SendAsync(new { kind = "acceptAfter", @for = 60_000 }, Message(requestId, attempt), givesUp: true),
        WhatsAppFate.AcceptedAndDropped => SendAsync(new { kind = "acceptThenDrop" }, Message(requestId, attempt)),
        WhatsAppFate.AcceptedAndHung => SendAsync(new { kind = "acceptThenHang" }, Message(requestId, attempt), givesUp: true),
        WhatsAppFate.AcceptedBehindABadGateway => SendAsync(new { kind = "acceptThenHttp" }, Message(requestId, attempt)),
        WhatsAppFate.Dropped => SendAsync(new { kind = "drop" }, Message(requestId, attempt)),
        WhatsAppFate.Hung => SendAsync(new { kind = "hang" }, Message(requestId, attempt), givesUp: true),
        _ => SendAsync(new { kind = "http", httpStatus = 503 }, Message(requestId, attempt)),
    };

    protected override Task<SendOutcome> SendAsync(int code, string requestId, long attempt) => SendAsync(new { kind = "error", code }, Message(requestId, attempt));

    protected override async Task<IReadOnlyList<TakenRequest>> TakenAsync(int count)
    {
        var taken = await Kit.Eventually.GetAsync(
            async () =>
            {
                _whatsAppsTime.Advance(count > 0 ? _aWhile : TimeSpan.Zero);
                return await _whatsApp.AcceptedAsync() is var accepted && accepted.Length >= count ? accepted : null;
            },
            $"{count} requests are taken");
        return [.. taken.Select(line => new TakenRequest(line.GetProperty("id").GetString()!, line.GetProperty("opaque").GetString(), line.GetProperty("to").GetString()!))];
    }

    protected override async Task<IReadOnlyList<ToldReceipt>> ReceiptsAsync(int count)
    {
        while (_receipts.Count < count)
        {
            _next ??= _receiver.NextAsync();
            await Kit.Eventually.IsTrueAsync(
                () =>
                {
                    _whatsAppsTime.Advance(_aWhile);
                    return Task.FromResult(_next.IsCompleted);
                },
                $"receipt {_receipts.Count + 1} comes");
            var status = await _next;
            _next = null;
            var seconds = long.Parse(status.Json.GetProperty("timestamp").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            _receipts.Add(new ToldReceipt(status.Id, status.Opaque, status.Status, DateTimeOffset.FromUnixTimeSeconds(seconds)));
        }

        return _receipts;
    }

    protected override void RefuseNextReceipt() => _receiver.Answers.Enqueue(500);

    /// <summary>A request is logged when it is done with.</summary>
    protected override async Task<int> ArrivedAsync() =>
        (await Kit.Eventually.GetAsync(async () => await _whatsApp.RequestsAsync() is { Length: > 0 } requests ? requests : null, "the request is logged")).Length;

    private async Task<SendOutcome> SendAsync(object? fault, ClaimedMessage message, bool givesUp = false, bool timePasses = false)
    {
        await _whatsApp.FaultsAsync(new { faults = fault is null ? [] : new[] { fault } });
        var sending = Provider(_whatsApp.Address).SendAsync(_account, message, CancellationToken.None);
        if (givesUp)
        {
            await Kit.Eventually.IsTrueAsync(HasStruckAsync, "the request has arrived");
            _sendersTime.Advance(_sending.SendTimeout);
        }

        if (timePasses)
        {
            await Kit.Eventually.IsTrueAsync(
                () =>
                {
                    _whatsAppsTime.Advance(_aWhile);
                    return Task.FromResult(sending.IsCompleted);
                },
                "the answer comes");
        }

        return await sending;
    }

    private async Task<bool> HasStruckAsync()
    {
        var faults = System.Text.Json.JsonDocument.Parse(await _whatsApp.Http.GetStringAsync("/simulator/faults"));
        return faults.RootElement.GetProperty("faults")[0].GetProperty("hits").GetInt64() > 0;
    }

    private CloudApiProvider Provider(Uri url)
    {
        var api = new CloudApiOptions { BaseUrl = $"{url.ToString().TrimEnd('/')}/v25.0", AccessToken = Simulator.Token, ConnectTimeout = TimeSpan.FromMinutes(1) };
        return new CloudApiProvider(GraphClient.Create(api), Options.Create(api), Tokens.Configured(api), Options.Create(_sending), new Random(1), _sendersTime);
    }
}
