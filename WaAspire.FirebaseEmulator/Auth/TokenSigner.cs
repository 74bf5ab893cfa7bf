using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>
/// The key that ID tokens are signed with, made at start and gone at the end. Its public half is served the two ways
/// that Google serves it, so that a verifier needs no special case for this emulator but another address.
/// </summary>
internal sealed class TokenSigner : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly byte[] _refreshKey = RandomNumberGenerator.GetBytes(32);
    private readonly string _keyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
    private readonly string _certificate;

    public TokenSigner(TimeProvider time)
    {
        var request = new CertificateRequest(
            "CN=securetoken.system.gserviceaccount.com", _rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddYears(1));
        _certificate = certificate.ExportCertificatePem();
    }

    public string SignIdToken(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = _keyId, ["typ"] = "JWT" };
        var content = $"{Encode(header)}.{Encode(claims)}";
        var signature = _rsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The claims of a token that this key signed, whatever their times; null for any other.</summary>
    public JsonObject? ReadIdToken(string token)
    {
        if (token.Split('.') is not [var header, var payload, var signature])
            return null;
        var signed = Decode(signature) is { } bytes && _rsa.VerifyData(
            Encoding.ASCII.GetBytes($"{header}.{payload}"), bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return signed ? ReadObject(payload) : null;
    }

    /// <summary>A refresh token carries its own content, sealed with a key of this process: nothing to keep, nothing to leak.</summary>
    public string SealRefreshToken(JsonObject content)
    {
        var payload = Encode(content);
        return $"{payload}.{Base64Url.EncodeToString(HMACSHA256.HashData(_refreshKey, Encoding.ASCII.GetBytes(payload)))}";
    }

    public JsonObject? OpenRefreshToken(string token) =>
        token.Split('.') is [var payload, var seal] && Decode(seal) is { } bytes
            && CryptographicOperations.FixedTimeEquals(bytes, HMACSHA256.HashData(_refreshKey, Encoding.ASCII.GetBytes(payload)))
            ? ReadObject(payload)
            : null;

    public JsonObject Jwks()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["alg"] = "RS256",
                ["use"] = "sig",
                ["kid"] = _keyId,
                ["n"] = Base64Url.EncodeToString(key.Modulus),
                ["e"] = Base64Url.EncodeToString(key.Exponent),
            }),
        };
    }

    public JsonObject Certificates() => new() { [_keyId] = _certificate };

    /// <summary>The payload of any JWT, unverified: a custom token's issuer is a made-up service account.</summary>
    public static JsonObject? ReadUnverified(string token) => token.Split('.') is [_, var payload, _] ? ReadObject(payload) : null;

    public void Dispose() => _rsa.Dispose();

    private static string Encode(JsonObject content) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content.ToJsonString()));

    private static JsonObject? ReadObject(string payload)
    {
        try
        {
            return Decode(payload) is { } bytes ? JsonNode.Parse(bytes) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Decode(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
