using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Alarms;

/// <summary>How an alarm stands, as stored.</summary>
/// <param name="IsFiring">Whether the condition holds, as far as anybody was told.</param>
/// <param name="Since">When it came to stand so.</param>
/// <param name="Value">The number of that moment.</param>
/// <param name="IsTold">Whether the notice has arrived.</param>
/// <param name="UpdateTime">Null: there is no document yet.</param>
public sealed record AlarmStand(bool IsFiring, DateTimeOffset Since, double Value, bool IsTold, DateTimeOffset? UpdateTime)
{
    public static readonly AlarmStand Never = new(false, default, 0, true, null);
}

/// <summary>
/// <c>alarms/{name}</c>: who has been told what, so that a change of the evaluating worker tells nothing twice, and two
/// that evaluate at once tell it once. If we die between the change and its notice, the next one finds it untold.
/// </summary>
public sealed class AlarmBoard(IFirestore firestore)
{
    private const string Purpose = "alarms";
    private const int Limit = 100;
    private const string Firing = "firing";
    private const string Since = "since";
    private const string Value = "value";
    private const string Told = "told";

    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<Dictionary<string, AlarmStand>> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Alarms) { Limit = Limit }, Purpose, cancellationToken);
        return read.Documents.ToDictionary(
            stored => stored.Id,
            stored => new AlarmStand(
                stored.Fields.Boolean(Firing) ?? false, stored.Fields.Timestamp(Since) ?? stored.UpdateTime, stored.Fields.Integer(Value) ?? 0, stored.Fields.Boolean(Told) ?? true, stored.UpdateTime),
            StringComparer.Ordinal);
    }

    /// <returns>Null when somebody else has changed it, or nobody can say: read again before the next change.</returns>
    public async Task<AlarmStand?> WriteAsync(string name, AlarmStand stand, CancellationToken cancellationToken)
    {
        var fields = new DocumentFields { [Firing] = stand.IsFiring, [Since] = stand.Since, [Value] = (long)stand.Value, [Told] = stand.IsTold };
        var path = FirestorePaths.Alarm(name);
        var write = stand.UpdateTime is { } seen
            ? DocumentWrite.Update(path, Precondition.UnchangedSince(seen), fields)
            : DocumentWrite.Create(path, fields);
        return await firestore.CommitAsync([write], Purpose, cancellationToken) is CommitOutcome.Committed committed
            ? stand with { UpdateTime = committed.UpdateTimes[0] }
            : null;
    }
}
