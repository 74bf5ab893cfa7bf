using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Section <c>Firestore</c>. Project and emulator come from the names that every Firebase tool reads
/// (FIREBASE_PROJECT_ID, FIRESTORE_EMULATOR_HOST); keys never enter this class (<see cref="ServiceAccountKey"/>).
/// </summary>
public sealed class FirestoreOptions
{
    public const string Section = "Firestore";

    [Required(ErrorMessage = "FIREBASE_PROJECT_ID (or Firestore:ProjectId) is missing.")]
    [RegularExpression("^[a-z0-9:.-]{1,100}$", ErrorMessage = "FIREBASE_PROJECT_ID is not a project id.")]
    public string ProjectId { get; set; } = "";

    [Required]
    public string DatabaseId { get; set; } = "(default)";

    /// <summary><c>host:port</c> of an emulator, reached without TLS and as its owner. Null: Google's service.</summary>
    public string? EmulatorHost { get; set; }

    [Required]
    public Uri BaseUrl { get; set; } = new("https://firestore.googleapis.com");

    /// <summary>Off, so that no environment variable of the host puts a middleman between us and the truth.</summary>
    public bool UseSystemProxy { get; set; }

    /// <summary>Default 10 s for a commit with its retries. Longer hides outages from callers, shorter loses more replies.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 10 s for a read with its retries.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 2 s: a store that answers later than this is not ready.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan HealthTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Default 5 s: a reply this young proves health without another read.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan HealthMemory { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Default 5 s to connect, TLS included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Default 15 min: an older connection is replaced, so that a moved address is noticed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Default 100 ms: the first wait before a retry is random between zero and this; each further one may be twice as long.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan RetryBase { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Default 2 s, the longest wait before a retry.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryCap { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Default 100 members in one group commit. More saves calls, and makes one refusal cost more.</summary>
    [Range(1, 500)]
    public int BatchMembers { get; set; } = 100;

    /// <summary>Default 4 MiB in one group commit; Firestore takes 10 MiB.</summary>
    [Range(1024, 9 * 1024 * 1024)]
    public int BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Default 1 commit (and 1 gathered read) on its way at once. More shortens the wait under load and fills batches less.</summary>
    [Range(1, 16)]
    public int BatchLines { get; set; } = 1;

    /// <summary>Default 10,000 members waiting for a batch; above it callers wait before they are queued.</summary>
    [Range(1, 1_000_000)]
    public int PendingMax { get; set; } = 10_000;

    /// <summary>Default 5 further tries of a group commit that Firestore aborted because of contention.</summary>
    [Range(0, 20)]
    public int AbortedRetries { get; set; } = 5;

    /// <summary>Default 100 documents in one gathered read.</summary>
    [Range(1, 1000)]
    public int GatherPaths { get; set; } = 100;

    internal Uri Endpoint => EmulatorHost is null ? BaseUrl : new Uri($"http://{EmulatorHost}");

    internal string Documents => $"projects/{ProjectId}/databases/{DatabaseId}/documents";
}
