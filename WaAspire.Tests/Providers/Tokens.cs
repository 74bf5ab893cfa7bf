using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Providers;

/// <summary>Access tokens for accounts that brought none of their own.</summary>
internal static class Tokens
{
    /// <summary>Without a store: the configured token is never looked up.</summary>
    public static AccessTokens Configured(CloudApiOptions api) =>
        new(null!, new SessionKeyRing(Options.Create(new SessionKeyOptions())), Options.Create(api), NullLogger<AccessTokens>.Instance);
}
