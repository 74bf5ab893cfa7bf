using Google.Apis.Auth.OAuth2;
using Microsoft.Extensions.Configuration;

namespace WaAspire.Messaging.Firestore;

/// <summary>The bearer token of each call: the emulator's owner, a configured service account, or the platform's default account.</summary>
internal sealed class FirestoreCredentials(FirestoreOptions options, IConfiguration configuration)
{
    private readonly ServiceAccountKey? _key = options.EmulatorHost is null ? ServiceAccountKey.Find(configuration) : null;
    private ITokenAccess? _platform;

    public async ValueTask<string> TokenAsync(CancellationToken cancellationToken)
    {
        if (options.EmulatorHost is not null)
            return "owner";
        var tokens = _key?.Tokens ?? _platform ?? await PlatformAsync(cancellationToken);
        return await tokens.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
    }

    // Looked for when first needed and again after a failure: a metadata server may come up after us.
    private async Task<ITokenAccess> PlatformAsync(CancellationToken cancellationToken)
    {
        var found = await GoogleCredential.GetApplicationDefaultAsync(cancellationToken);
        return _platform = found.CreateScoped("https://www.googleapis.com/auth/datastore");
    }
}
