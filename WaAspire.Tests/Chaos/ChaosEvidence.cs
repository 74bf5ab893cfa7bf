using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// Gathers what a phase is judged by: WhatsApp's logs, the final documents, and what threads show. Of an account that is paired
/// by QR code, whose threads change from phase to phase, everything that WhatsApp took since the phase began.
/// </summary>
/// <param name="linkedAfter">The last stanza that WhatsApp had taken then.</param>
internal sealed class ChaosEvidence(ChaosSystem system, LinkedAccounts linked, IReadOnlyList<Company> companies, IReadOnlyList<ToldThread> told, long linkedAfter)
{
    /// <summary>How many requests WhatsApp had accepted from these companies when the evidence was gathered.</summary>
    public int Judged { get; private set; }

    public async Task<Evidence> GatherAsync(IReadOnlyList<WrittenMessage> written)
    {
        var log = await ProviderLog.ReadAsync(system.WhatsApp);
        var taken = await linked.TakenAsync();
        var ids = told.Select(thread => (IReadOnlyList<string>)thread.RequestIds).ToList();
        var numbers = companies.Select(company => company.PhoneNumberId).ToHashSet(StringComparer.Ordinal);
        var accepted = log.Accepted.Where(entry => numbers.Contains(entry.PhoneNumberId)).Select(entry => entry.RequestId).ToList();
        Judged = accepted.Count;
        return new Evidence(
            ids,
            [.. linked.Bubbles(taken, linkedAfter, told), .. accepted],
            log.Refused,
            await FinalAsync(log),
            [.. written.Select(message => message.Id)],
            await StoredAsync(system, written),
            SentLog.Unreadable(taken, linkedAfter));
    }

    /// <summary>Ids of the inbound messages that these threads show, as often as they do.</summary>
    public static async Task<IReadOnlyList<string>> StoredAsync(ChaosSystem system, IReadOnlyList<WrittenMessage> written)
    {
        var stored = new List<string>();
        foreach (var thread in written.Select(message => (message.Company, message.Thread)).Distinct())
        {
            var shown = await ShownAsync(system, thread.Company.ThreadId(thread.Thread), "inbound");
            stored.AddRange(shown.Select(message => message.Fields.Text(ThreadMessageFields.ProviderMessageId)!));
        }

        return stored;
    }

    /// <summary>Every message that the outbox has for the threads that clients wrote to, or that these show as sent by us.</summary>
    private async Task<IReadOnlyDictionary<string, FinalMessage>> FinalAsync(ProviderLog log)
    {
        var accepted = log.Accepted.Select(entry => (entry.RequestId, entry.Id)).ToHashSet();
        var threads = told.Select(thread => thread.Company.ThreadId(thread.Number)).ToHashSet(StringComparer.Ordinal);
        var final = new Dictionary<string, FinalMessage>(StringComparer.Ordinal);
        foreach (var message in (await Task.WhenAll(companies.Select(company => company.AllOutboxAsync()))).SelectMany(outbox => outbox.Values).Where(message => threads.Contains(message.ThreadId!)))
        {
            final[message.RequestId] = new FinalMessage(message.Status, null, IsIdTrue(message, accepted), IsSpent(message));
        }

        foreach (var thread in threads)
        {
            foreach (var copy in await ShownAsync(system, thread, "outbound"))
            {
                final[copy.Id] = (final.GetValueOrDefault(copy.Id) ?? new FinalMessage(null, null)) with { Copy = copy.Fields.Text(ThreadMessageFields.Status) };
            }
        }

        return final;
    }

    private bool IsIdTrue(OutboxDocument message, HashSet<(string RequestId, string Id)> accepted) => message.ProviderMessageId is not { } id
        ? message.Status != OutboxStatus.Sent
        : linked.Has(message.AccountId) ? id == TransportMessageId.Of(message.RequestId) : accepted.Contains((message.RequestId, id));

    // Only an account that is paired by QR code spends attempts on what WhatsApp never saw, such as a device lookup without an answer.
    private bool IsSpent(OutboxDocument message) => linked.Has(message.AccountId) && message.AttemptCount >= new SendingOptions().MaxAttempts;

    private static async Task<IReadOnlyList<StoredDocument>> ShownAsync(ChaosSystem system, string threadId, string direction) =>
        (await system.Firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.ThreadMessages(threadId)) { Where = [FieldFilter.Equal(ThreadMessageFields.Direction, direction)] }, "test", CancellationToken.None)).Documents;
}
