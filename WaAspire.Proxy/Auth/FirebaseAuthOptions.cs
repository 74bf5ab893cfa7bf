using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Auth;

/// <summary>Section <c>Auth</c>: which ID tokens are ours, and where their keys are.</summary>
internal sealed class FirebaseAuthOptions
{
    public const string Section = "Auth";

    private const string KeysPath = "/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";

    [Required(ErrorMessage = "FIREBASE_PROJECT_ID is missing.")]
    public string ProjectId { get; set; } = "";

    /// <summary>Google's keys, or those of FIREBASE_AUTH_EMULATOR_HOST. Tokens are signed in both cases: there is no mode without a signature.</summary>
    [Required]
    public Uri KeysUrl { get; set; } = new("https://www.googleapis.com" + KeysPath);

    public bool UseSystemProxy { get; set; }

    /// <summary>Default 5 s for one fetch of the keys.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan KeysTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Default 30 s between two fetches that an unknown key id caused: anybody can make up a key id.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan KeysFloor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Default 1 s between two fetches while the keys cannot be reached.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan KeysRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Default 1 h beyond their age for which known keys still serve while new ones cannot be fetched.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan KeysGrace { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Default 1 min by which Google's clock and ours may differ.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    public void ReadFirebaseNames(IConfiguration configuration)
    {
        ProjectId = configuration["FIREBASE_PROJECT_ID"] is { Length: > 0 } project ? project : ProjectId;
        if (configuration["FIREBASE_AUTH_EMULATOR_HOST"] is { Length: > 0 } host)
            KeysUrl = new Uri($"http://{host}{KeysPath}");
    }
}
