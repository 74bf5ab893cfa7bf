using System.Security.Cryptography;

namespace WaAspire.Tests.Firestore;

internal static class TestKey
{
    public static string Pem { get; } = Make();

    private static string Make()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKeyPem();
    }
}
