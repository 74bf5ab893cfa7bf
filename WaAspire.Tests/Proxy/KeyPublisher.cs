using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WaAspire.Tests.Proxy;

/// <summary>A real server that publishes keys as Google does, with keys that the test rotates and tokens that it signs.</summary>
internal sealed class KeyPublisher : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<RSA> _rsas = [];
    private RsaSecurityKey _current = null!;
    private int _fetches;

    private KeyPublisher(WebApplication app) => _app = app;

    public int Fetches => Volatile.Read(ref _fetches);

    public bool IsDown { get; set; }

    public Uri Url => new(_app.Urls.Single() + "/keys");

    public static async Task<KeyPublisher> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var publisher = new KeyPublisher(builder.Build());
        publisher._app.MapGet("/keys", publisher.Publish);
        publisher.Rotate();
        await publisher._app.StartAsync();
        return publisher;
    }

    /// <summary>Only the new key is published from now on.</summary>
    public void Rotate() => _current = NewKey($"key-{_rsas.Count}");

    /// <summary>A key that was never published, under an id of the test's choice.</summary>
    public RsaSecurityKey NewKey(string id)
    {
        var rsa = RSA.Create(2048);
        _rsas.Add(rsa);
        return new RsaSecurityKey(rsa) { KeyId = id };
    }

    public string Sign(Action<Dictionary<string, object>>? change = null, RsaSecurityKey? key = null)
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = "https://securetoken.google.com/demo-test",
            ["aud"] = "demo-test",
            ["sub"] = "user-1",
            ["iat"] = now - 60,
            ["exp"] = now + 3600,
            ["auth_time"] = now - 60,
            ["email"] = "a@b.c",
            ["email_verified"] = true,
        };
        change?.Invoke(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            SigningCredentials = new SigningCredentials(key ?? _current, SecurityAlgorithms.RsaSha256),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsas.ForEach(rsa => rsa.Dispose());
    }

    private IResult Publish(HttpResponse response)
    {
        Interlocked.Increment(ref _fetches);
        if (IsDown)
            return Results.StatusCode(503);
        response.Headers.CacheControl = "public, max-age=3600";
        var key = _current.Rsa.ExportParameters(false);
        return Results.Json(new
        {
            keys = new[]
            {
                new
                {
                    kty = "RSA", use = "sig", alg = "RS256", kid = _current.KeyId,
                    n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent),
                },
            },
        });
    }
}
