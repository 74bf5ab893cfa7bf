using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Which workers live, by their heartbeat documents, and which of them should take a lane when Redis cannot say
/// (rendezvous hashing: each lane has one favourite among the living, and losing a worker moves only its own lanes).
/// It is a wish, not a lock: two workers with different lists may both believe, and the claim keeps them apart.
/// </summary>
public sealed class InstanceDirectory(IFirestore firestore, ServerClock clock, WorkerIdentity self, IOptions<AccountOptions> options)
{
    private const string Purpose = "heartbeat";
    private const string HeartbeatAt = "heartbeatAt";
    private const string Gateway = "gateway";
    private const string SignsField = "signs";
    private volatile IReadOnlyList<string> _living = [self.Id];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _doubted = new(StringComparer.Ordinal);
    private volatile Dictionary<string, DateTimeOffset> _othersWithGateway = [];

    public IReadOnlyList<string> Living => _living;

    /// <summary>Whether this is the one that does what one worker should do for all. Two may believe it for a moment, which must do no harm.</summary>
    public bool IsFirst => _living.Min(StringComparer.Ordinal) == self.Id;

    /// <summary>Whether this instance can hold sessions; told to the others with the next heartbeat.</summary>
    public bool HasGateway { get; set; }

    /// <summary>What this instance finds wrong with itself; told to the others with the next heartbeat.</summary>
    public IReadOnlyList<string> Signs { get; set; } = [];

    /// <summary>What the others find wrong with themselves, one entry for each that does.</summary>
    public IReadOnlyCollection<string> SignsOfOthers { get; private set; } = [];

    /// <summary>Writes this instance's heartbeat.</summary>
    public Task BeatAsync(CancellationToken cancellationToken)
    {
        var beat = DocumentWrite.Set(
            FirestorePaths.Instance(self.Id), new DocumentFields { ["instanceId"] = self.Id, ["processId"] = (long)Environment.ProcessId, [Gateway] = HasGateway, [SignsField] = FirestoreValue.From(Signs) }, FieldTransform.RequestTime(HeartbeatAt));
        return firestore.CommitAsync([beat], Purpose, cancellationToken);
    }

    /// <summary>Reads the others' heartbeats: as many reads as instances live.</summary>
    public async Task LookAroundAsync(CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Instances)
            {
                Where = [new FieldFilter(HeartbeatAt, FilterOperator.GreaterThan, clock.Now - options.Value.HeartbeatExpiry)],
                Limit = 1000,
            },
            Purpose,
            cancellationToken);
        _living = [.. read.Documents.Select(instance => instance.Id).Append(self.Id).Distinct()];
        SignsOfOthers = [.. read.Documents.Where(instance => instance.Id != self.Id).SelectMany(instance => instance.Fields.Array(SignsField)).Select(sign => sign.AsString).OfType<string>()];
        _othersWithGateway = read.Documents.Where(instance => instance.Id != self.Id && instance.Fields.Boolean(Gateway) == true)
            .ToDictionary(instance => instance.Id, instance => instance.Fields.Timestamp(HeartbeatAt)!.Value, StringComparer.Ordinal);
        foreach (var gone in _doubted.Keys.Where(instance => !_othersWithGateway.ContainsKey(instance)))
        {
            _doubted.TryRemove(gone, out _);
        }
    }

    /// <summary>Takes this instance off the list, so that others need not wait for its heartbeat to grow old.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken) =>
        firestore.CommitAsync([DocumentWrite.Delete(FirestorePaths.Instance(self.Id))], Purpose, cancellationToken);

    public bool IsMine(Lane lane) => _living.MaxBy(instance => Weight(instance, lane)) == self.Id;

    /// <summary>Who among those that can should hold this account's session. Null: nobody that is known here.</summary>
    /// <param name="accountId">Whose session.</param>
    /// <param name="gone">Known to hold it no longer, though its heartbeat may not be old yet.</param>
    public string? HolderOf(string accountId, string? gone = null)
    {
        var session = new Lane(accountId, "session");
        return _othersWithGateway.Where(other => !_doubted.TryGetValue(other.Key, out var since) || other.Value > since).Select(other => other.Key)
            .Concat(HasGateway ? [self.Id] : [])
            .Where(instance => instance != gone)
            .MaxBy(instance => Weight(instance, session));
    }

    /// <summary>It held a session and does so no longer, or did not take one that was its: it should hold none until its heart beats again.</summary>
    public void Doubt(string instance) => _doubted[instance] = clock.Now;

    private static ulong Weight(string instance, Lane lane) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{instance}|{lane.AccountId}|{lane.ThreadId}")));
}
