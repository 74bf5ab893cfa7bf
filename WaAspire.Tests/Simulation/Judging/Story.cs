using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.People;
using WaAspire.Tests.Simulation.Provider;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>A lawful history that is written by hand, for a test to break at one place: two arrived, one was refused, one taken back, one letter came.</summary>
internal sealed class Story
{
    private const string Person = "40700000001@s.whatsapp.net";
    private const string Conversation = $"account__{Person}";
    private readonly Dictionary<string, StoredDocument> _store = new(StringComparer.Ordinal);
    private readonly List<ClientMessage> _sendings = [];

    public Story()
    {
        (First, Second, Refused, Withdrawn) = (Ask(1), Ask(2), Ask(3), Ask(4));
        Arrives(First, 11);
        Arrives(Second, 12);
        Ends(Refused, OutboxStatusNames.Failed, new DocumentFields { ["code"] = "131026" });
        Refusals.Add((Refused.RequestId, 131026));
        Ends(Withdrawn, OutboxStatusNames.Canceled, null);
        (Withdrawn.IsCancelAsked, Withdrawn.IsCanceled) = (true, true);
        Put(FirestorePaths.ThreadMessage(Conversation, "letter"), []);
        Put(FirestorePaths.Thread(Conversation), new DocumentFields { [ThreadFields.UnreadCount] = 1L });
    }

    public ClientMessage First { get; }

    public ClientMessage Second { get; }

    public ClientMessage Refused { get; }

    public ClientMessage Withdrawn { get; }

    public UnknownOutcomePolicy Policy { get; set; } = UnknownOutcomePolicy.Hold;

    public bool HasEnded { get; set; } = true;

    public List<Bubble> Bubbles { get; } = [];

    public List<(string RequestId, int Code)> Refusals { get; } = [];

    public List<Receipt> Told { get; } = [];

    public IEnumerable<string> Broken()
    {
        var history = new History
        {
            Policy = Policy,
            HasEnded = HasEnded,
            Sendings = _sendings,
            Bubbles = Bubbles,
            Refusals = Refusals,
            Told = Told,
            Letters = [new Letter(Conversation, "letter")],
            Find = path => _store.GetValueOrDefault(path),
        };
        return [.. PromiseRules.Broken(history), .. EndRules.Broken(history)];
    }

    public static Bubble BubbleOf(ClientMessage sending, string id, double at) => new(sending.RequestId, sending.RequestId, sending.Phone, id, TimeSpan.FromSeconds(at));

    public void Outbox(ClientMessage sending, string field, FirestoreValue value) => Fields(FirestorePaths.OutboxMessage(sending.RequestId))[field] = value;

    public void Shows(ClientMessage sending, string word) => Fields(FirestorePaths.ThreadMessage(Conversation, sending.RequestId))[ThreadMessageFields.Status] = word;

    public void Unread(long count) => Fields(FirestorePaths.Thread(Conversation))[ThreadFields.UnreadCount] = count;

    public void Lose(string path) => Assert.True(_store.Remove(path));

    public void LoseLetter() => Lose(FirestorePaths.ThreadMessage(Conversation, "letter"));

    public void LoseCopy(ClientMessage sending) => Lose(FirestorePaths.ThreadMessage(Conversation, sending.RequestId));

    public void LoseMessage(ClientMessage sending) => Lose(FirestorePaths.OutboxMessage(sending.RequestId));

    public static void Times(ClientMessage sending, double? sendAt = null, double? expiresAt = null) =>
        sending.Request = sending.Request with { Times = new SendTimes(sendAt is { } at ? World.Epoch.AddSeconds(at) : null, expiresAt is { } until ? World.Epoch.AddSeconds(until) : null) };

    private ClientMessage Ask(int number)
    {
        Assert.True(Jid.TryParse(Person, out var to));
        var sending = new ClientMessage($"{number:x64}", "+40700000001")
        {
            Request = new SendRequest(Conversation, "account", to, MessageContent.OfText($"{number}"), $"client-{number}"),
            Asked = TimeSpan.FromSeconds(number),
            Accepted = TimeSpan.FromSeconds(number + 0.5),
        };
        _sendings.Add(sending);
        return sending;
    }

    private void Arrives(ClientMessage sending, double at)
    {
        var id = $"wamid.{at}";
        Bubbles.Add(BubbleOf(sending, id, at));
        Told.AddRange(new[] { "sent", "delivered", "read" }.Select(word => new Receipt(sending.RequestId, id, word)));
        sending.Seen.AddRange(["queued", "sent", "read"]);
        Put(FirestorePaths.OutboxMessage(sending.RequestId), new DocumentFields
        {
            [OutboxFields.Status] = OutboxStatusNames.Sent,
            [OutboxFields.ProviderMessageId] = id,
            [OutboxFields.DeliveryStatus] = "delivered",
            [OutboxFields.AttemptCount] = 1L,
        });
        Put(FirestorePaths.ThreadMessage(Conversation, sending.RequestId), new DocumentFields { [ThreadMessageFields.Status] = "read", [ThreadMessageFields.ProviderMessageId] = id });
    }

    private void Ends(ClientMessage sending, string status, DocumentFields? failure)
    {
        sending.Seen.AddRange(["queued", "failed"]);
        Put(FirestorePaths.OutboxMessage(sending.RequestId), new DocumentFields
        {
            [OutboxFields.Status] = status,
            [OutboxFields.AttemptCount] = 1L,
            [OutboxFields.FailedAt] = World.Epoch.AddSeconds(20),
            [OutboxFields.Failure] = failure is null ? FirestoreValue.Null : FirestoreValue.From(failure),
        });
        Put(FirestorePaths.ThreadMessage(Conversation, sending.RequestId), new DocumentFields { [ThreadMessageFields.Status] = "failed" });
    }

    private DocumentFields Fields(string path) => _store[path].Fields;

    private void Put(string path, DocumentFields fields) => _store[path] = new StoredDocument(path, fields, World.Epoch, World.Epoch);
}
