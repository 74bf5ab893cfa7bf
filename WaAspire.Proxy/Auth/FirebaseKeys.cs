using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace WaAspire.Proxy.Auth;

/// <summary>
/// The public keys that ID tokens are signed with, kept as long as their publisher allows. An unknown key id causes one
/// fetch, because keys are rotated, but not more often than the floor, because anybody can make one up.
/// </summary>
internal sealed class FirebaseKeys : IDisposable
{
    private const int ReplyBytesMax = 1024 * 1024;
    private static readonly TimeSpan DefaultAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(1);

    private readonly FirebaseAuthOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<FirebaseKeys> _logger;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _fetching = new(1);
    private volatile KeySet? _keys;
    private long? _failedAt;

    public FirebaseKeys(IOptions<FirebaseAuthOptions> options, TimeProvider time, ILogger<FirebaseKeys> logger)
    {
        _options = options.Value;
        _time = time;
        _logger = logger;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = _options.UseSystemProxy, AllowAutoRedirect = false })
        {
            MaxResponseContentBufferSize = ReplyBytesMax,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Null when the publisher does not know this key.</summary>
    /// <exception cref="KeysUnavailableException">It cannot be told: the token may be good.</exception>
    public async Task<SecurityKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        if (_keys is { } cached && AgeOf(cached) < cached.MaxAge && cached.ById.TryGetValue(keyId, out var known))
            return known;
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            // Whoever was before us in this line has usually fetched what we need.
            if (_keys is not { } current || AgeOf(current) >= current.MaxAge || (!current.ById.ContainsKey(keyId) && AgeOf(current) >= _options.KeysFloor))
                await TryFetchAsync();
            return Look(keyId);
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _fetching.Dispose();
    }

    private SecurityKey? Look(string keyId)
    {
        if (_keys is not { } keys || AgeOf(keys) >= keys.MaxAge + _options.KeysGrace)
            throw new KeysUnavailableException();
        if (keys.ById.TryGetValue(keyId, out var key))
            return key;
        // Unknown to keys that should have been replaced is not yet unknown.
        return _failedAt is null ? null : throw new KeysUnavailableException();
    }

    private async Task TryFetchAsync()
    {
        if (_failedAt is { } failedAt && _time.GetElapsedTime(failedAt) < _options.KeysRetry)
            return;
        try
        {
            // Not under the caller's token: others wait for the same keys.
            using var timeout = new CancellationTokenSource(_options.KeysTimeout, _time);
            _keys = await FetchAsync(timeout.Token);
            _failedAt = null;
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or ArgumentException or FormatException)
        {
            _failedAt = _time.GetTimestamp();
            _logger.KeysUnreachable(exception.GetType().Name);
        }
    }

    private async Task<KeySet> FetchAsync(CancellationToken cancellationToken)
    {
        using var response = await _client.GetAsync(_options.KeysUrl, cancellationToken);
        response.EnsureSuccessStatusCode();
        var keys = new JsonWebKeySet(await response.Content.ReadAsStringAsync(cancellationToken)).GetSigningKeys()
            .Where(key => key is RsaSecurityKey or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA } or X509SecurityKey && key.KeyId is not null)
            // A key that comes with its certificate is listed as both.
            .DistinctBy(key => key.KeyId)
            .ToDictionary(key => key.KeyId, StringComparer.Ordinal);
        return keys.Count > 0
            ? new KeySet(keys, _time.GetTimestamp(), AgeAllowedBy(response.Headers.CacheControl))
            : throw new FormatException("No keys.");
    }

    private static TimeSpan AgeAllowedBy(CacheControlHeaderValue? cacheControl) =>
        cacheControl?.MaxAge is { } age && age > TimeSpan.Zero ? (age < LongestAge ? age : LongestAge) : DefaultAge;

    private TimeSpan AgeOf(KeySet keys) => _time.GetElapsedTime(keys.FetchedAt);

    private sealed record KeySet(IReadOnlyDictionary<string, SecurityKey> ById, long FetchedAt, TimeSpan MaxAge);
}

/// <summary>The keys cannot be reached: an outage, not a bad token.</summary>
internal sealed class KeysUnavailableException() : Exception("The keys of ID tokens cannot be reached.");
