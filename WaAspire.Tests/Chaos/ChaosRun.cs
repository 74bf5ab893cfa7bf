using System.Diagnostics;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Chaos.Faults;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// One run, of the suite or of <c>chaos.sh</c>: everything goes wrong under <c>Hold</c>, heals and drains; once more under
/// <c>ResendAfterSilence</c>; then, with nothing else wrong, a worker is stopped and one is killed, and the clock is read.
/// </summary>
internal sealed class ChaosRun(ChaosPlan plan, Action<string> say) : IAsyncDisposable
{
    private readonly ChaosSystem _system = new(plan);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Nemesis _nemesis = null!;
    private LinkedAccounts _linked = null!;
    private SessionWatch _sessions = null!;
    private int _judged;

    public async Task<ChaosResult> RunAsync()
    {
        say($"seed {plan.Seed}, {plan.Faults.TotalMinutes:0.#} minutes of faults, durations multiplied by {plan.Scale:0.##}");
        var missing = await LinkedAccounts.MissingAsync();
        await _system.StartStandInsAsync(hasSockets: missing is null);
        (_nemesis, _linked) = (new Nemesis(_system, _clock), new LinkedAccounts(_system));
        _sessions = new SessionWatch(_system, _linked);
        var hold = await OpenAsync(ChaosPlan.Accounts, plan.ThreadsPerAccount, UnknownOutcomePolicy.Hold);
        var silence = await OpenAsync(ChaosPlan.Accounts, plan.ThreadsPerAccount + 100, UnknownOutcomePolicy.ResendAfterSilence);
        var purpose = await OpenAsync(1, DuplicateOnPurpose.ThreadsNeeded, UnknownOutcomePolicy.ResendAfterSilence);
        var calm = await OpenAsync(1, Takeover.ThreadsNeeded, UnknownOutcomePolicy.Hold);
        await (missing is null ? _linked.OpenAsync(plan.Linked, 2 * plan.ThreadsPerLinked) : Task.CompletedTask);
        await _system.StartProductAsync();
        say(missing is null ? $"{_clock.Elapsed:hh\\:mm\\:ss} pairing {plan.Linked} accounts by QR code" : $"no accounts that are paired by QR code: {missing}");
        await _linked.PairAsync();

        using var ended = new CancellationTokenSource();
        var watching = _sessions.RunAsync(ended.Token);
        var phases = new List<PhaseResult>
        {
            await PhaseAsync("Hold", hold, 1, plan.Seed, plan.HoldFaults, null),
            await PhaseAsync("ResendAfterSilence", silence, 1 + plan.ThreadsPerLinked, plan.Seed + 1, plan.SilenceFaults, new DuplicateOnPurpose(_system, plan, purpose[0])),
        };
        var absences = await _sessions.AbsencesAsync(_system.Ends);
        var takeovers = plan.IsReported ? await MeasureAsync(calm, phases) : null;
        await ended.CancelAsync();
        await watching;
        var log = await ProviderLog.ReadAsync(_system.WhatsApp);
        var unjudged = log.Accepted.Count(entry => entry.PhoneNumberId != purpose[0].PhoneNumberId) - _judged;
        return new ChaosResult(plan, phases, _nemesis.Troubles, _clock.Elapsed, _linked.Companies.Count, missing, absences, takeovers, unjudged);
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    private async Task<PhaseResult> PhaseAsync(string name, IReadOnlyList<Company> companies, int firstLinkedThread, int seed, TimeSpan length, DuplicateOnPurpose? purpose)
    {
        IReadOnlyList<Company> all = [.. companies, .. _linked.Companies];
        var load = new ChaosLoad(_system, plan, companies, seed);
        var linkedLoad = new LinkedLoad(_system, plan, _linked, firstLinkedThread, seed);
        var watch = new DoubtWatch(_system, all);
        using var faultsEnd = new CancellationTokenSource();
        using var drained = new CancellationTokenSource();
        var from = _clock.Elapsed;
        var takenBefore = await _linked.LastTakenAsync();
        var watching = watch.RunAsync(drained.Token);
        var writing = Task.WhenAll(load.RunAsync(faultsEnd.Token), linkedLoad.RunAsync(faultsEnd.Token));
        say($"{from:hh\\:mm\\:ss} {name}: faults for {length:hh\\:mm\\:ss}");
        await _nemesis.RunAsync(FaultSchedule.Of(seed, length, plan.Scale));
        var to = _clock.Elapsed;
        say($"{to:hh\\:mm\\:ss} {name}: healing");
        await _nemesis.HealAsync();
        await faultsEnd.CancelAsync();
        await writing;
        say($"{_clock.Elapsed:hh\\:mm\\:ss} {name}: draining");
        var onPurpose = 0;
        if (purpose is not null)
        {
            var trickle = load.TrickleAsync(drained.Token);
            var making = plan.IsReported ? purpose.MakeAsync() : Task.FromResult(0);
            await new Drain(plan, all, _linked, policyDecides: true).RunAsync();
            onPurpose = await making;
            await drained.CancelAsync();
            await trickle;
        }

        var isDrained = await new Drain(plan, all, _linked, policyDecides: false).RunAsync();
        await Drain.UntilToldAsync(_system);
        await drained.CancelAsync();
        await watching;
        var away = await _linked.AwayAsync();
        var lostLetters = _system.Sockets is { } sockets ? await new LinkedLetters(sockets, plan, _sessions, _system.Ends).LostAsync(linkedLoad.Written, () => ChaosEvidence.StoredAsync(_system, linkedLoad.Written)) : [];
        IReadOnlyList<WrittenMessage> written = [.. load.Written, .. linkedLoad.Written.Where(letter => !lostLetters.Contains(letter.Id))];
        IReadOnlyList<ToldThread> told = [.. load.Threads, .. linkedLoad.Threads];
        var linkedIds = linkedLoad.Threads.SelectMany(thread => thread.RequestIds).ToHashSet(StringComparer.Ordinal);
        var evidence = await GatherAsync(all, told, written, takenBefore);
        var result = new PhaseResult(
            name, from, to, _clock.Elapsed, Verdict.On(evidence), load.Refused + linkedLoad.Refused, written.Count + lostLetters.Count,
            await DoubtsAsync(companies, watch.Seen), await DoubtsAsync(_linked.Companies, [.. watch.Seen.Where(linkedIds.Contains)]), onPurpose,
            evidence.Provider.Where(linkedIds.Contains).Distinct().Count(), lostLetters.Count, [.. isDrained ? [] : await StuckAsync(all), .. away]);
        say($"{_clock.Elapsed:hh\\:mm\\:ss} {name}: {result.Verdict}");
        return result;
    }

    /// <summary>Adds what the clients of the measurement saw to the phases.</summary>
    private async Task<Takeovers> MeasureAsync(IReadOnlyList<Company> companies, List<PhaseResult> phases)
    {
        var from = _clock.Elapsed;
        say($"{from:hh\\:mm\\:ss} takeover: a worker is told to stop, then one is killed, with nothing else wrong");
        var takenBefore = await _linked.LastTakenAsync();
        var takeover = new Takeover(_system, plan, companies[0]);
        var (term, kill) = (await takeover.AfterTermAsync(), await takeover.AfterKillAsync());
        var sessions = new SessionTakeover(_system, _linked, _sessions);
        var (sessionsTerm, sessionsKill) = (await sessions.AfterTermAsync(), await sessions.AfterKillAsync());
        var to = _clock.Elapsed;
        var isDrained = await new Drain(plan, companies, _linked, policyDecides: false).RunAsync();
        await Drain.UntilToldAsync(_system);
        var verdict = Verdict.On(await GatherAsync(companies, takeover.Told, [], takenBefore));
        phases.Add(new PhaseResult(PhaseResult.Takeover, from, to, _clock.Elapsed, verdict, 0, 0, null, null, 0, 0, 0, isDrained ? [] : await StuckAsync(companies)));
        return new Takeovers(term, kill, sessionsTerm, sessionsKill);
    }

    private async Task<Evidence> GatherAsync(IReadOnlyList<Company> companies, IReadOnlyList<ToldThread> told, IReadOnlyList<WrittenMessage> written, long takenBefore)
    {
        var all = new ChaosEvidence(_system, _linked, companies, told, takenBefore);
        var evidence = await all.GatherAsync(written);
        _judged += all.Judged;
        return evidence;
    }

    private async Task<IReadOnlyList<Company>> OpenAsync(int count, int threads, UnknownOutcomePolicy policy)
    {
        var companies = new List<Company>();
        for (var i = 0; i < count; i++)
        {
            var company = await Company.OpenAsync(_system);
            await company.OpenThreadsAsync(threads);
            await company.CommitAsync(DocumentWrite.Update(
                FirestorePaths.Account(company.AccountId),
                Precondition.Present,
                new DocumentFields { ["throughputPerSecond"] = 1000L, ["onUnknownOutcome"] = policy.ToString() }));
            companies.Add(company);
        }

        return companies;
    }

    private async Task<DoubtEnds> DoubtsAsync(IReadOnlyList<Company> companies, IReadOnlyCollection<string> seen)
    {
        var intake = FirestorePaths.IntakeOf(IntakeFields.All);
        var lastGap = (await _system.Firestore.GetAsync([intake], "test", CancellationToken.None)).Find(intake)?.Fields.Timestamp(IntakeFields.NotWholeAt);
        var final = (await Task.WhenAll(companies.Select(company => company.AllOutboxAsync()))).SelectMany(outbox => outbox).ToDictionary(StringComparer.Ordinal);
        var doubts = seen.Where(final.ContainsKey).Select(id => final[id]).ToList();
        return new DoubtEnds(
            doubts.Count,
            doubts.Count(message => message is { Status: OutboxStatus.Sent, ClaimSeq: 1 }),
            doubts.Count(message => message is { Status: OutboxStatus.Sent, ClaimSeq: > 1, OutcomeUnknown: false }),
            doubts.Count(message => message is { Status: OutboxStatus.Sent, OutcomeUnknown: true, ClaimSeq: > 1 }),
            doubts.Count(message => message.Status == OutboxStatus.Failed),
            doubts.Count(message => message.Status == OutboxStatus.Uncertain),
            doubts.Count(message => message.Status == OutboxStatus.Uncertain && !(message.ClaimedAt > lastGap)));
    }

    /// <summary>Who was still on the way at the end of all patience, for whoever looks for the cause.</summary>
    private static async Task<IReadOnlyList<string>> StuckAsync(IReadOnlyList<Company> companies) =>
        [.. (await Task.WhenAll(companies.Select(company => company.AllOutboxAsync()))).SelectMany(outbox => outbox.Values)
            .Where(message => message.IsUnfinished && message.OrderAt is not null).Take(20)
            .Select(message => $"{message.RequestId} {message.Status} attempts {message.AttemptCount} next {message.NextAttemptAt:O} holder {message.ClaimedBy}")];
}
