using System.Globalization;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Bench.Inbound;

/// <summary>Who writes what in a storm, what is told of our own messages, and the webhook bodies that carry it.</summary>
internal sealed class StormUpdates
{
    public const string AccountId = "storm-account";
    private const string PhoneNumberId = "400000000000001";
    private const double RepeatShare = 0.2;
    private const int BatchMax = 100;
    private const int CommitMax = 400;
    private static readonly DateTimeOffset _at = DateTimeOffset.FromUnixTimeSeconds(1767225600);
    private static readonly string[] _words = [StatusRank.Sent, StatusRank.Delivered, StatusRank.Read, StatusRank.Played, StatusRank.Failed];

    private readonly StormPlan _plan;
    private readonly string[][] _told;

    public StormUpdates(StormPlan plan, Random random)
    {
        _plan = plan;
        _told = [.. Enumerable.Range(0, plan.Sent).Select(_ => Enumerable.Range(0, random.Next(1, 5)).Select(_ => _words[random.Next(_words.Length)]).ToArray())];
    }

    public static string ThreadOf(int thread) => $"{AccountId}__{PhoneOf(thread)}@s.whatsapp.net";

    public static string RequestOf(int sent) => $"storm-request-{sent}";

    public static string InboundId(int message) => $"wamid.storm.{message}";

    /// <summary>The thread that a message belongs to, and the thread of one of ours.</summary>
    public int ThreadOfMessage(int message) => message % _plan.Threads;

    /// <summary>As shipped clients know it.</summary>
    public string FinalStatus(int sent) => _told[sent].MaxBy(StatusRank.Of) is var word && word == StatusRank.Played ? StatusRank.Read : word!;

    /// <summary>The account, and our own messages as sending left them: half of them recorded, half of them in doubt.</summary>
    public async Task SeedAsync(IFirestore firestore)
    {
        var writes = Enumerable.Range(0, _plan.Sent).SelectMany(Sent).Prepend(DocumentWrite.Set(FirestorePaths.Account(AccountId), new DocumentFields
        {
            ["accountId"] = AccountId,
            ["provider"] = "cloud_api",
            ["phoneNumberId"] = PhoneNumberId,
            ["status"] = "connected",
        }));
        foreach (var part in writes.Chunk(CommitMax))
        {
            if (await firestore.CommitAsync(part, "storm", CancellationToken.None) is not CommitOutcome.Committed)
            {
                throw new InvalidOperationException("The storm's ground could not be laid.");
            }
        }
    }

    /// <summary>Every update at least once, a fifth of them once more, shuffled, in batches of any size.</summary>
    public IReadOnlyList<byte[]> Bodies(Random random)
    {
        var updates = Enumerable.Range(0, _plan.Messages).Select(message => (IsStatus: false, Json: Message(message)))
            .Concat(Enumerable.Range(0, _plan.Sent).SelectMany(sent => _told[sent].Select(word => (IsStatus: true, Json: Status(sent, word)))))
            .ToList();
        updates.AddRange([.. updates.Where(_ => random.NextDouble() < RepeatShare)]);
        var shuffled = updates.ToArray();
        random.Shuffle(shuffled);
        var bodies = new List<byte[]>();
        for (var taken = 0; taken < shuffled.Length;)
        {
            var batch = shuffled.Skip(taken).Take(random.Next(1, BatchMax + 1)).ToArray();
            taken += batch.Length;
            bodies.Add(Body(batch.Where(update => !update.IsStatus).Select(update => update.Json), batch.Where(update => update.IsStatus).Select(update => update.Json)));
        }

        return bodies;
    }

    /// <summary>A batch of fresh messages, for measuring.</summary>
    public static byte[] FreshBatch(string name, int size, int threads) => Body(
        Enumerable.Range(0, size).Select(i => new
        {
            from = PhoneOf(i % threads),
            id = $"wamid.fresh.{name}.{i}",
            timestamp = Seconds(_at),
            type = "text",
            text = new { body = $"fresh {i}" },
        }),
        []);

    private static byte[] Body(IEnumerable<object> messages, IEnumerable<object> statuses) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        @object = "whatsapp_business_account",
        entry = new[]
        {
            new
            {
                id = "1",
                changes = new[] { new { field = "messages", value = new { messaging_product = "whatsapp", metadata = new { phone_number_id = PhoneNumberId }, messages, statuses } } },
            },
        },
    });

    private static string PhoneOf(int thread) => $"4074{thread:d7}";

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private object Message(int message) => new
    {
        from = PhoneOf(ThreadOfMessage(message)),
        id = InboundId(message),
        timestamp = Seconds(_at.AddSeconds(message)),
        type = "text",
        text = new { body = $"message {message}" },
    };

    private static object Status(int sent, string word) => new
    {
        id = $"wamid.storm.sent.{sent}",
        status = word,
        timestamp = Seconds(_at),
        biz_opaque_callback_data = sent % 2 == 0 ? null : $"{RequestOf(sent)}:1",
    };

    private IEnumerable<DocumentWrite> Sent(int sent)
    {
        var isRecorded = sent % 2 == 0;
        var thread = ThreadOf(ThreadOfMessage(sent));
        var outbox = new DocumentFields
        {
            [OutboxFields.AccountId] = AccountId,
            [OutboxFields.ThreadId] = thread,
            [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
            ["status"] = isRecorded ? "sent" : "uncertain",
            [OutboxFields.ClaimSeq] = 1,
        };
        if (isRecorded)
        {
            outbox[OutboxFields.ProviderMessageId] = $"wamid.storm.sent.{sent}";
            outbox[OutboxFields.DeliveryStatus] = "sent";
        }

        yield return DocumentWrite.Set(FirestorePaths.OutboxMessage(RequestOf(sent)), outbox);
        yield return DocumentWrite.Set(FirestorePaths.ThreadMessage(thread, RequestOf(sent)), new DocumentFields
        {
            ["direction"] = "outbound",
            ["status"] = isRecorded ? "sent" : "queued",
            ["tsClient"] = _at,
        });
    }
}
