using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Inbound;

/// <summary>An update that will never be stored as what it is.</summary>
/// <param name="Reason">A word of a small set: it is a metric's tag.</param>
/// <param name="Raw">As it came.</param>
/// <param name="Detail">What exactly: the name of the field, the unknown word. Never anybody's words.</param>
/// <param name="AccountId">Where it is known.</param>
public sealed record RejectedUpdate(string Reason, string Raw, string? Detail = null, string? AccountId = null);

/// <summary>
/// <c>inboundRejected/{sha256}</c>: what was delivered and can never be stored otherwise, raw, with its reason, so that
/// nothing is lost and nobody delivers it for seven days. The hash is the id: a repeat is the same document.
/// </summary>
public sealed class InboundRejections : IDisposable
{
    private const string Purpose = "inbound-rejected";
    private const int DetailMax = 200;

    private readonly CommitBatcher _commits;
    private readonly ServerClock _clock;
    private readonly IFirestore _firestore;
    private readonly InboundOptions _options;
    private readonly ILogger<InboundRejections> _logger;
    private readonly Meter _meter;
    private readonly Counter<long> _setAside;

    public InboundRejections(
        IFirestore firestore, CommitBatcher commits, ServerClock clock, IOptions<InboundOptions> options, IMeterFactory meters, ILogger<InboundRejections> logger)
    {
        _firestore = firestore;
        _commits = commits;
        _clock = clock;
        _options = options.Value;
        _logger = logger;
        _meter = meters.Create("WaAspire.Messaging");
        _setAside = _meter.CreateCounter<long>("waaspire.inbound.set_aside", "{update}", "Updates that could not be stored, by reason; they lie in inboundRejected");
    }

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task SetAsideAsync(IReadOnlyCollection<RejectedUpdate> updates, CancellationToken cancellationToken)
    {
        if (updates.Count == 0)
        {
            return;
        }

        await Task.WhenAll(updates.DistinctBy(update => (update.Reason, update.Raw)).Select(update => SetAsideAsync(update, cancellationToken)));
        foreach (var reason in updates.GroupBy(update => update.Reason))
        {
            _setAside.Add(reason.Count(), new KeyValuePair<string, object?>("reason", reason.Key));
            _logger.UpdatesSetAside(reason.Count(), reason.Key);
        }
    }

    public void Dispose() => _meter.Dispose();

    private async Task SetAsideAsync(RejectedUpdate update, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(update.Raw);
        var path = FirestorePaths.InboundSetAside(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        var fields = new DocumentFields
        {
            ["reason"] = update.Reason,
            ["detail"] = update.Detail is { Length: > DetailMax } detail ? detail[..DetailMax] : update.Detail,
            ["accountId"] = update.AccountId,
            ["raw"] = Cut(update.Raw, bytes),
            ["bytes"] = bytes.Length,
            ["truncated"] = bytes.Length > _options.SetAsideBytes,
            ["expiresAt"] = await NowAsync(cancellationToken) + _options.SetAsideLifetime,
        };
        if (await TryAsync(path, fields, cancellationToken))
        {
            return;
        }

        // Not even as text: then what is known of it, without itself.
        fields.Remove("raw");
        fields.Remove("detail");
        if (!await TryAsync(path, fields, cancellationToken))
        {
            throw new FirestoreException(FirestoreStatus.Internal, "An update could not even be set aside.");
        }
    }

    private async Task<bool> TryAsync(string path, DocumentFields fields, CancellationToken cancellationToken)
    {
        var write = DocumentWrite.Set(path, fields, FieldTransform.RequestTime("receivedAt"));
        return await _commits.CommitAsync(new CommitMember([write], Purpose, path, document => document is not null), cancellationToken) switch
        {
            CommitOutcome.Committed => true,
            CommitOutcome.Refused { Status: FirestoreStatus.InvalidArgument or FirestoreStatus.OutOfRange } => false,
            CommitOutcome.Refused refused => throw new FirestoreException(refused.Status, "An update could not be set aside."),
            _ => throw new FirestoreException(FirestoreStatus.Unavailable, "An update could not be set aside."),
        };
    }

    // A fresh process has not heard Firestore's time yet; the first answer tells it.
    private async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken)
    {
        if (_clock.SinceObservation is null)
        {
            await _firestore.GetAsync([FirestorePaths.InboundSetAside("clock")], Purpose, cancellationToken);
        }

        return _clock.Now;
    }

    private string Cut(string raw, byte[] bytes) =>
        bytes.Length <= _options.SetAsideBytes ? raw : Encoding.UTF8.GetString(bytes.AsSpan(0, _options.SetAsideBytes)).TrimEnd('\uFFFD');
}
