using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Simulation.Faults;

namespace WaAspire.Tests.Simulation.Store;

/// <summary>
/// One process's way to Firestore, behaving as the shipped client does: a commit that may have been applied is lost, one
/// that never left is refused, a read is tried again until its time is over.
/// </summary>
internal sealed class SimulatedFirestore(SimulatedStore store, ServerClock clock, FaultPlan faults, Ambush ambush, Line line) : IFirestore
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);

    public async Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = new Call<CommitOutcome>(line);
        Send(call, writes, line.World.Now + _timeout);
        using var canceled = cancellationToken.UnsafeRegister(_ => call.Answer(TimeSpan.Zero, () => new CommitOutcome.Lost("canceled")), null);
        return await call.Task;
    }

    public Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken)
    {
        if (purpose == "read-back")
        {
            ambush.AtReadBack(line.Process, paths);
        }

        return ReadAsync(() => store.Get(paths), cancellationToken);
    }

    public Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
        ReadAsync(() => store.Query(query), cancellationToken);

    public async Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
        (await ReadAsync(() => store.Query(query), cancellationToken)).Documents.Count;

    private void Send(Call<CommitOutcome> call, IReadOnlyList<DocumentWrite> writes, TimeSpan deadline)
    {
        if (line.IsCut)
        {
            // No connection: nothing has left, so it is tried again while there is time.
            TryAgain(deadline, () => Send(call, writes, deadline), () => call.Answer(TimeSpan.Zero, () => new CommitOutcome.Refused(FirestoreStatus.Unavailable, "no connection")));
            return;
        }

        if (faults.Strikes(FaultClass.Contention, 0.05))
        {
            call.Answer(line.Latency() * 2, () => new CommitOutcome.Refused(FirestoreStatus.Aborted, "contention"));
            return;
        }

        var there = line.Latency() + Slowness();
        var isLost = faults.Strikes(FaultClass.LostReplies, 0.04);
        if (isLost && faults.Pick(FaultClass.LostReplies, 3) == 0)
        {
            call.Answer(BreakOrTimeOut(FaultClass.LostReplies, there), () => new CommitOutcome.Lost("the request is lost"));
            return;
        }

        if (faults.Strikes(FaultClass.LateCommits, 0.02))
        {
            there = faults.Span(FaultClass.LateCommits, 0.5, faults.MayDoubt ? 90 : 45);
            call.Answer(BreakOrTimeOut(FaultClass.LateCommits, there), () => new CommitOutcome.Lost("no answer in time"));
            isLost = true;
        }

        line.There(there, () => Apply(call, writes, deadline, isLost));
        call.Answer(deadline - line.World.Now, () => new CommitOutcome.Lost("no answer in time"));
    }

    private void Apply(Call<CommitOutcome> call, IReadOnlyList<DocumentWrite> writes, TimeSpan deadline, bool isLost)
    {
        var outcome = store.Commit(writes);
        isLost |= outcome is CommitOutcome.Committed && ambush.AtCommit(line.Process, writes);
        if (isLost)
        {
            call.Answer(BreakOrTimeOut(FaultClass.LostReplies, line.Latency()), () => new CommitOutcome.Lost("the reply is lost"));
            return;
        }

        call.Answer(line.Latency() + Slowness(), () =>
        {
            if (outcome is CommitOutcome.Committed committed && line.World.Now < deadline)
            {
                clock.Observe(committed.CommitTime);
            }

            return outcome;
        });
    }

    private async Task<DocumentsRead> ReadAsync(Func<DocumentsRead> serve, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = new Call<DocumentsRead?>(line);
        Ask(call, serve, line.World.Now + _timeout);
        using var canceled = cancellationToken.UnsafeRegister(_ => call.Answer(TimeSpan.Zero, () => null), null);
        var read = await call.Task;
        cancellationToken.ThrowIfCancellationRequested();
        if (read is null)
        {
            throw new FirestoreException(FirestoreStatus.Unavailable, "simulated: no answer in time");
        }

        clock.Observe(read.ReadTime);
        return read;
    }

    private void Ask(Call<DocumentsRead?> call, Func<DocumentsRead> serve, TimeSpan deadline)
    {
        if (line.IsCut || faults.Strikes(FaultClass.LostReplies, 0.02))
        {
            TryAgain(deadline, () => Ask(call, serve, deadline), () => call.Answer(TimeSpan.Zero, () => null));
            return;
        }

        line.There(line.Latency() + Slowness(), () =>
        {
            var read = serve();
            call.Answer(line.Latency() + Slowness(), () => read);
        });
        call.Answer(deadline - line.World.Now, () => null);
    }

    private void TryAgain(TimeSpan deadline, Action again, Action giveUp)
    {
        var pause = TimeSpan.FromSeconds(0.05 + (2 * line.Process.Chance.NextDouble()));
        line.Back(pause, line.World.Now + pause < deadline ? again : giveUp);
    }

    private TimeSpan Slowness() => faults.Strikes(FaultClass.SlowStore, 0.08) ? faults.Span(FaultClass.SlowStore, 0.5, 12) : TimeSpan.Zero;

    /// <summary>A broken connection is noticed at once, a silent one at the end of the time.</summary>
    private TimeSpan BreakOrTimeOut(FaultClass fault, TimeSpan soon) => faults.Pick(fault, 2) == 0 && soon < _timeout ? soon : _timeout;
}

/// <summary>One call that is answered once: whatever comes second comes to nobody.</summary>
internal sealed class Call<T>(Line line)
{
    private readonly TaskCompletionSource<T> _answer = new();

    public Task<T> Task => _answer.Task;

    public void Answer(TimeSpan after, Func<T> answer) => line.Back(after, () =>
    {
        if (!_answer.Task.IsCompleted)
        {
            _answer.SetResult(answer());
        }
    });

    public void Fail(TimeSpan after, Exception exception) => line.Back(after, () => _answer.TrySetException(exception));
}
