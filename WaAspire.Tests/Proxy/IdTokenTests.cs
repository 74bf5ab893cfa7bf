using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using WaAspire.Proxy.Auth;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

public sealed class IdTokenTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private KeyPublisher _publisher = null!;
    private FirebaseKeys _keys = null!;
    private IdTokenVerifier _verifier = null!;

    public async Task InitializeAsync()
    {
        _publisher = await KeyPublisher.StartAsync();
        var options = Options.Create(new FirebaseAuthOptions { ProjectId = "demo-test", KeysUrl = _publisher.Url });
        _keys = new FirebaseKeys(options, _time, NullLogger<FirebaseKeys>.Instance);
        _verifier = new IdTokenVerifier(_keys, options, _time);
    }

    public async Task DisposeAsync()
    {
        _keys.Dispose();
        await _publisher.DisposeAsync();
    }

    [Fact]
    public async Task a_good_token_tells_who_calls()
    {
        Assert.Equal(new Caller("user-1", "a@b.c", true), await VerifyAsync(_publisher.Sign()));
    }

    [Fact]
    public async Task a_token_without_an_address_is_good_as_well()
    {
        Assert.Equal(new Caller("user-1", null, false), await VerifyAsync(_publisher.Sign(claims =>
        {
            claims.Remove("email");
            claims.Remove("email_verified");
        })));
    }

    [Theory]
    [InlineData("iss", "https://securetoken.google.com/another")]
    [InlineData("iss", "https://session.firebase.google.com/demo-test")]
    [InlineData("aud", "another")]
    [InlineData("sub", "")]
    [InlineData("sub", null)]
    [InlineData("exp", null)]
    [InlineData("iat", null)]
    [InlineData("auth_time", null)]
    public async Task a_token_with_a_claim_that_is_not_ours_is_bad(string claim, string? value)
    {
        Assert.Null(await VerifyAsync(_publisher.Sign(claims =>
        {
            claims.Remove(claim);
            if (value is not null)
                claims[claim] = value;
        })));
    }

    [Theory]
    [InlineData("exp", -61)]
    [InlineData("iat", 61)]
    [InlineData("auth_time", 61)]
    public async Task a_token_of_another_time_is_bad(string claim, int secondsFromNow)
    {
        var at = _time.GetUtcNow().ToUnixTimeSeconds() + secondsFromNow;

        Assert.Null(await VerifyAsync(_publisher.Sign(claims => claims[claim] = at)));
    }

    [Fact]
    public async Task a_token_expires_while_we_look()
    {
        var token = _publisher.Sign();
        Assert.NotNull(await VerifyAsync(token));

        _time.Advance(TimeSpan.FromSeconds(3600 + 61));

        Assert.Null(await VerifyAsync(token));
    }

    [Fact]
    public async Task an_endless_subject_is_bad()
    {
        Assert.Null(await VerifyAsync(_publisher.Sign(claims => claims["sub"] = new string('x', 129))));
    }

    [Fact]
    public async Task a_token_signed_by_somebody_else_under_a_known_key_id_is_bad()
    {
        Assert.Null(await VerifyAsync(_publisher.Sign(key: _publisher.NewKey("key-0"))));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    public async Task a_token_that_nobody_or_everybody_could_have_signed_is_bad(string algorithm)
    {
        var header = Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"key-0"}"""));
        var claims = _publisher.Sign().Split('.')[1];

        Assert.Null(await VerifyAsync($"{header}.{claims}."));
        Assert.Equal(0, _publisher.Fetches);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("eyJ.eyJ.x")]
    public async Task what_is_no_token_is_bad(string token)
    {
        Assert.Null(await VerifyAsync(token));
    }

    [Fact]
    public async Task keys_are_fetched_once_and_again_when_they_have_aged()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => VerifyAsync(_publisher.Sign())));
        Assert.Equal(1, _publisher.Fetches);

        _time.Advance(TimeSpan.FromSeconds(3601));
        await VerifyAsync(_publisher.Sign());
        Assert.Equal(2, _publisher.Fetches);
    }

    [Fact]
    public async Task a_rotated_key_is_fetched_within_the_same_request()
    {
        await VerifyAsync(_publisher.Sign());
        _publisher.Rotate();
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.NotNull(await VerifyAsync(_publisher.Sign()));
        Assert.Equal(2, _publisher.Fetches);
    }

    [Fact]
    public async Task made_up_key_ids_cause_no_more_fetches_than_the_floor_allows()
    {
        await VerifyAsync(_publisher.Sign());
        var rsa = _publisher.NewKey("unpublished").Rsa;
        for (var i = 0; i < 20; i++)
            Assert.Null(await VerifyAsync(_publisher.Sign(key: new RsaSecurityKey(rsa) { KeyId = $"made-up-{i}" })));

        Assert.Equal(1, _publisher.Fetches);
    }

    [Fact]
    public async Task keys_that_cannot_be_reached_are_an_outage_and_not_a_bad_token()
    {
        _publisher.IsDown = true;
        await Assert.ThrowsAsync<KeysUnavailableException>(() => VerifyAsync(_publisher.Sign()));
        await Assert.ThrowsAsync<KeysUnavailableException>(() => VerifyAsync(_publisher.Sign()));
        Assert.Equal(1, _publisher.Fetches);

        _publisher.IsDown = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await VerifyAsync(_publisher.Sign()));
    }

    [Fact]
    public async Task aged_keys_serve_on_for_a_while_when_new_ones_cannot_be_reached()
    {
        await VerifyAsync(_publisher.Sign());
        _publisher.IsDown = true;
        _time.Advance(TimeSpan.FromSeconds(3601));
        Assert.NotNull(await VerifyAsync(Lasting()));

        _time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<KeysUnavailableException>(() => VerifyAsync(Lasting()));
    }

    private string Lasting() => _publisher.Sign(claims => claims["exp"] = _time.GetUtcNow().AddDays(1).ToUnixTimeSeconds());

    private Task<Caller?> VerifyAsync(string token) => _verifier.VerifyAsync(token, CancellationToken.None);
}
