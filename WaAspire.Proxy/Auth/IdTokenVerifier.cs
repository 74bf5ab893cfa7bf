using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WaAspire.Proxy.Auth;

/// <summary>Firebase ID tokens, checked as Google prescribes for code without its SDK.</summary>
/// <remarks>https://firebase.google.com/docs/auth/admin/verify-id-tokens#verify_id_tokens_using_a_third-party_jwt_library</remarks>
internal sealed class IdTokenVerifier(FirebaseKeys keys, IOptions<FirebaseAuthOptions> options, TimeProvider time)
{
    private const int TokenLengthMax = 8 * 1024;
    private const int UidLengthMax = 128;

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenLengthMax };
    private readonly FirebaseAuthOptions _options = options.Value;

    /// <summary>Null for every token that is not valid now; why not is nobody's business.</summary>
    /// <exception cref="KeysUnavailableException">It cannot be told.</exception>
    public async Task<Caller?> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (Read(token) is not { Alg: SecurityAlgorithms.RsaSha256, Kid.Length: > 0 } unverified)
            return null;
        if (await keys.FindAsync(unverified.Kid, cancellationToken) is not { } key)
            return null;
        var result = await _handler.ValidateTokenAsync(unverified, Parameters(key));
        return result.IsValid && IsInThePast(unverified, JwtRegisteredClaimNames.Iat) && IsInThePast(unverified, JwtRegisteredClaimNames.AuthTime)
            ? CallerOf(unverified)
            : null;
    }

    private static JsonWebToken? Read(string token)
    {
        try
        {
            return token.Length <= TokenLengthMax ? new JsonWebToken(token) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }

    private TokenValidationParameters Parameters(SecurityKey key) => new()
    {
        IssuerSigningKey = key,
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        ValidAudience = _options.ProjectId,
        ValidIssuer = $"https://securetoken.google.com/{_options.ProjectId}",
        LifetimeValidator = (notBefore, expires, _, _) => expires > Now - _options.ClockSkew && (notBefore is null || notBefore <= Now + _options.ClockSkew),
    };

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private bool IsInThePast(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<long>(claim, out var seconds) && seconds <= (time.GetUtcNow() + _options.ClockSkew).ToUnixTimeSeconds();

    private static Caller? CallerOf(JsonWebToken token)
    {
        if (token.Subject is not { Length: > 0 and <= UidLengthMax } uid)
            return null;
        token.TryGetPayloadValue<string>("email", out var email);
        token.TryGetPayloadValue<bool>("email_verified", out var verified);
        return new Caller(uid, email, verified) { ClaimNames = [.. token.Claims.Select(claim => claim.Type).Distinct().Order(StringComparer.Ordinal)] };
    }
}
