using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>One RSA key that signs ID tokens, with the certificate that publishes it.</summary>
internal sealed class SigningKey : IDisposable
{
    private SigningKey(string id, RSA rsa, string certificate, DateTimeOffset? retiredAt) =>
        (Id, Rsa, Certificate, RetiredAt) = (id, rsa, certificate, retiredAt);

    public string Id { get; }

    public RSA Rsa { get; }

    public string Certificate { get; }

    /// <summary>Since when another key signs; it is still published for a while, so that its tokens verify.</summary>
    public DateTimeOffset? RetiredAt { get; set; }

    public static SigningKey New(DateTimeOffset now)
    {
        var rsa = RSA.Create(2048);
        var request = new CertificateRequest(
            "CN=securetoken.system.gserviceaccount.com", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)), rsa, certificate.ExportCertificatePem(), null);
    }

    public static SigningKey From(Stored stored)
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(stored.PrivateKey, out _);
        return new(stored.Id, rsa, stored.Certificate, stored.RetiredAt);
    }

    public Stored ToStored() => new(Id, Rsa.ExportPkcs8PrivateKey(), Certificate, RetiredAt);

    public void Dispose() => Rsa.Dispose();

    /// <summary>As the data directory keeps it. It signs for a local stand-in only; nothing outside trusts it.</summary>
    internal sealed record Stored(string Id, byte[] PrivateKey, string Certificate, DateTimeOffset? RetiredAt);
}
