using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Auth;

/// <summary>Section <c>SignIn</c>: where the operator's page signs people in. Nothing of it is secret: every web app tells it to its users.</summary>
internal sealed class SignInOptions
{
    public const string Section = "SignIn";

    /// <summary>FIREBASE_WEB_API_KEY: the project's web API key. Empty: nobody can sign in on the page, and it says so.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Google's, or that of FIREBASE_AUTH_EMULATOR_HOST.</summary>
    [Required]
    public Uri AccountsUrl { get; set; } = new("https://identitytoolkit.googleapis.com/v1/");

    /// <summary>Where a refresh token is changed for an ID token, likewise.</summary>
    [Required]
    public Uri TokensUrl { get; set; } = new("https://securetoken.googleapis.com/v1/");

    public void ReadNames(IConfiguration configuration)
    {
        ApiKey = configuration["FIREBASE_WEB_API_KEY"] ?? ApiKey;
        if (configuration["FIREBASE_AUTH_EMULATOR_HOST"] is { Length: > 0 } host)
        {
            (AccountsUrl, TokensUrl) = (new Uri($"http://{host}/identitytoolkit.googleapis.com/v1/"), new Uri($"http://{host}/securetoken.googleapis.com/v1/"));
            // The stand-in takes any.
            ApiKey = ApiKey.Length > 0 ? ApiKey : "local";
        }
    }
}
