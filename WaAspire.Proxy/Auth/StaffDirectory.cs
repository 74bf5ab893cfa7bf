using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Proxy.Auth;

/// <summary>Who is an employee: a verified address from the configuration, or a staff profile in Firestore, remembered for a minute.</summary>
internal sealed class StaffDirectory(DocumentGatherer documents, IOptions<StaffOptions> options, TimeProvider time)
{
    private const string Purpose = "staff";

    private readonly StaffOptions _options = options.Value;
    private readonly HashSet<string> _listed = [.. options.Value.AdminEmails.Split(',').Append(options.Value.SuperAdminEmail).Select(Normalised).Where(email => email.Length > 0)];
    private readonly Dictionary<string, (bool Exists, long ReadAt)> _profiles = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>One normalised address, verified; nobody where none is configured.</summary>
    public bool IsSuperAdmin(Caller caller) =>
        caller is { EmailVerified: true, Email: { } email } && _options.SuperAdminEmail.Length > 0 && Normalised(email) == Normalised(_options.SuperAdminEmail);

    /// <summary>By a verified address from the configuration, without a profile.</summary>
    public bool IsListed(Caller caller) => caller is { EmailVerified: true, Email: { } email } && _listed.Contains(Normalised(email));

    /// <summary>The profile as it is now; null when there is none.</summary>
    public async Task<DocumentFields?> ProfileAsync(Caller caller, CancellationToken cancellationToken) =>
        DocumentId.IsLawful(caller.Uid) ? (await documents.GetAsync(FirestorePaths.StaffProfile(caller.Uid), Purpose, cancellationToken))?.Fields : null;

    public async Task<bool> IsEmployeeAsync(Caller caller, CancellationToken cancellationToken)
    {
        // An address that nobody has verified is only a claim: anybody can sign up with it.
        if (IsListed(caller))
            return true;
        return DocumentId.IsLawful(caller.Uid) && await HasProfileAsync(caller.Uid, cancellationToken);
    }

    private async Task<bool> HasProfileAsync(string uid, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_profiles.TryGetValue(uid, out var known) && time.GetElapsedTime(known.ReadAt) < _options.CacheFor)
                return known.Exists;
        }
        var exists = await documents.GetAsync(FirestorePaths.StaffProfile(uid), Purpose, cancellationToken) is not null;
        lock (_gate)
        {
            if (_profiles.Count >= _options.CacheMax)
                MakeRoom_NeedsLock();
            _profiles[uid] = (exists, time.GetTimestamp());
        }
        return exists;
    }

    private void MakeRoom_NeedsLock()
    {
        foreach (var (uid, _) in _profiles.Where(profile => time.GetElapsedTime(profile.Value.ReadAt) >= _options.CacheFor).ToArray())
            _profiles.Remove(uid);
        // Still full: more users at once than we care to remember. Forgetting them costs reads, not correctness.
        if (_profiles.Count >= _options.CacheMax)
            _profiles.Clear();
    }

    private static string Normalised(string email) => email.Trim().ToLowerInvariant();
}
