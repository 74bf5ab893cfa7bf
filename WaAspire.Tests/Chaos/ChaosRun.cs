using System.Diagnostics;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Chaos.Faults;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// One run, of the suite or of <c>chaos.sh</c>: everything goes wrong under <c>Hold</c>, heals and drains; once more under
/// <c>ResendAfterSilence</c>; then, with nothing wrong, a worker is stopped and one is killed, and the clock is read.
/// </summary>
internal sealed class ChaosRun(ChaosPlan plan, Action<string> say) : IAsyncDisposable
{
    private readonly ChaosSystem _system = new(plan);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Nemesis _nemesis = null!;

    public async Task<ChaosResult> RunAsync()
    {
        say($"seed {plan.Seed}, {plan.Faults.TotalMinutes:0.#} minutes of faults, durations times {plan.Scale:0.##}");
        await _system.StartStandInsAsync();
        _nemesis = new Nemesis(_system, _clock);
        var hold = await OpenAsync(ChaosPlan.Accounts, plan.ThreadsPerAccount, UnknownOutcomePolicy.Hold);
        var silence = await OpenAsync(ChaosPlan.Accounts, plan.ThreadsPerAccount + 100, UnknownOutcomePolicy.ResendAfterSilence);
        var purpose = await OpenAsync(1, DuplicateOnPurpose.ThreadsNeeded, UnknownOutcomePolicy.ResendAfterSilence);
        var calm = await OpenAsync(1, Takeover.ThreadsNeeded, UnknownOutcomePolicy.Hold);
        await _system.StartProductAsync();

        var underHold = await PhaseAsync("Hold", hold, plan.Seed, plan.HoldFaults, null);
        var underSilence = await PhaseAsync("ResendAfterSilence", silence, plan.Seed + 1, plan.SilenceFaults, new DuplicateOnPurpose(_system, plan, purpose[0]));
        if (!plan.IsReported)
        {
            return new ChaosResult(plan, [underHold, underSilence], _nemesis.Troubles, _clock.Elapsed, null, null);
        }

        var (measured, term, kill) = await MeasureAsync(calm);
        return new ChaosResult(plan, [underHold, underSilence, measured], _nemesis.Troubles, _clock.Elapsed, term, kill);
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    private async Task<PhaseResult> PhaseAsync(string name, IReadOnlyList<Company> companies, int seed, TimeSpan length, DuplicateOnPurpose? purpose)
    {
        var load = new ChaosLoad(_system, plan, companies, seed);
        var watch = new DoubtWatch(_system, companies);
        using var faultsEnd = new CancellationTokenSource();
        using var drained = new CancellationTokenSource();
        var from = _clock.Elapsed;
        var watching = watch.RunAsync(drained.Token);
        var writing = load.RunAsync(faultsEnd.Token);
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
            await new Drain(plan, companies, policyDecides: true).RunAsync();
            onPurpose = await making;
            await drained.CancelAsync();
            await trickle;
        }

        var isDrained = await new Drain(plan, companies, policyDecides: false).RunAsync();
        await Drain.UntilToldAsync(_system);
        await drained.CancelAsync();
        await watching;
        var result = new PhaseResult(
            name, from, to, _clock.Elapsed, Verdict.On(await EvidenceAsync(companies, load.Threads, load.Written)), load.Refused, load.Written.Count,
            await DoubtsAsync(companies, watch.Seen), onPurpose, isDrained ? [] : await StuckAsync(companies));
        say($"{_clock.Elapsed:hh\\:mm\\:ss} {name}: {result.Verdict}");
        return result;
    }

    private async Task<(PhaseResult, TakeoverTimes, TakeoverTimes)> MeasureAsync(IReadOnlyList<Company> companies)
    {
        var from = _clock.Elapsed;
        say($"{from:hh\\:mm\\:ss} takeover: a worker is told to stop, then one is killed, with nothing else wrong");
        var takeover = new Takeover(_system, plan, companies[0]);
        var term = await takeover.AfterTermAsync();
        var kill = await takeover.AfterKillAsync();
        var to = _clock.Elapsed;
        var isDrained = await new Drain(plan, companies, policyDecides: false).RunAsync();
        var verdict = Verdict.On(await EvidenceAsync(companies, takeover.Told, []));
        return (new PhaseResult("takeover", from, to, _clock.Elapsed, verdict, 0, 0, null, 0, isDrained ? [] : await StuckAsync(companies)), term, kill);
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

    private async Task<Evidence> EvidenceAsync(IReadOnlyList<Company> companies, IReadOnlyList<ToldThread> told, IReadOnlyList<WrittenMessage> written)
    {
        var provider = new List<string>();
        var final = new Dictionary<string, OutboxStatus?>(StringComparer.Ordinal);
        foreach (var company in companies)
        {
            provider.AddRange((await company.AcceptedAsync()).Select(message => message.RequestId));
            foreach (var (id, message) in await company.AllOutboxAsync())
            {
                final[id] = message.Status;
            }
        }

        var stored = new List<string>();
        foreach (var thread in written.Select(message => (message.Company, message.Thread)).Distinct())
        {
            var read = await _system.Firestore.QueryAsync(
                new DocumentQuery($"{FirestorePaths.Thread(thread.Company.ThreadId(thread.Thread))}/messages") { Where = [FieldFilter.Equal(ThreadMessageFields.Direction, "inbound")] },
                "test",
                CancellationToken.None);
            stored.AddRange(read.Documents.Select(message => message.Fields.Text(ThreadMessageFields.ProviderMessageId)!));
        }

        return new Evidence([.. told.Select(thread => thread.RequestIds)], provider, final, [.. written.Select(message => message.Id)], stored);
    }

    private static async Task<DoubtEnds> DoubtsAsync(IReadOnlyList<Company> companies, IReadOnlyCollection<string> seen)
    {
        var final = (await Task.WhenAll(companies.Select(company => company.AllOutboxAsync()))).SelectMany(outbox => outbox).ToDictionary(StringComparer.Ordinal);
        var doubts = seen.Select(id => final[id]).ToList();
        return new DoubtEnds(
            doubts.Count,
            doubts.Count(message => message is { Status: OutboxStatus.Sent, ClaimSeq: 1 }),
            doubts.Count(message => message is { Status: OutboxStatus.Sent, ClaimSeq: > 1, OutcomeUnknown: false }),
            doubts.Count(message => message is { Status: OutboxStatus.Sent, OutcomeUnknown: true, ClaimSeq: > 1 }),
            doubts.Count(message => message.Status == OutboxStatus.Failed),
            doubts.Count(message => message.Status == OutboxStatus.Uncertain));
    }

    /// <summary>Who was still on the way at the end of all patience, for whoever looks for the cause.</summary>
    private static async Task<IReadOnlyList<string>> StuckAsync(IReadOnlyList<Company> companies) =>
        [.. (await Task.WhenAll(companies.Select(company => company.AllOutboxAsync()))).SelectMany(outbox => outbox.Values)
            .Where(message => message.IsUnfinished && message.OrderAt is not null).Take(20)
            .Select(message => $"{message.RequestId} {message.Status} attempts {message.AttemptCount} next {message.NextAttemptAt:O} holder {message.ClaimedBy}")];
}

/// <summary>How doubts that were seen ended.</summary>
/// <param name="Proven">Sent, and there was one attempt only: a receipt proved it, or its holder's late answer.</param>
/// <param name="SentLater">Sent by one of several attempts: the one in doubt, or a later one because its holder came to know that it had not sent.</param>
/// <param name="ByPolicy">Sent again by the policy of silence.</param>
/// <param name="Failed">Its holder's refusal came late.</param>
/// <param name="Held">Stays in doubt: WhatsApp never had it, and a person released its thread.</param>
internal sealed record DoubtEnds(int Seen, int Proven, int SentLater, int ByPolicy, int Failed, int Held);

/// <param name="From">Since the run began; <paramref name="To"/> is the end of the faults, <paramref name="Drained"/> of everything.</param>
/// <param name="Refused">How often a client had to ask again.</param>
/// <param name="OnPurpose">How often WhatsApp accepted the message that was to go out twice; 0 where none was.</param>
/// <param name="Stuck">What was on its way at the end of all patience.</param>
internal sealed record PhaseResult(
    string Name, TimeSpan From, TimeSpan To, TimeSpan Drained, Verdict Verdict, int Refused, int Written, DoubtEnds? Doubts, int OnPurpose, IReadOnlyList<string> Stuck);

internal sealed record ChaosResult(
    ChaosPlan Plan, IReadOnlyList<PhaseResult> Phases, IReadOnlyList<Trouble> Troubles, TimeSpan Took, TakeoverTimes? Term, TakeoverTimes? Kill)
{
    public Verdict Verdict => Phases.Select(phase => phase.Verdict).Aggregate((one, other) => one + other);

    public bool IsKept => Phases.All(phase => phase.Verdict.IsKept && phase.Stuck.Count == 0);
}
