using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Accounts;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>Every shape of document that the versions of the old system left behind, all at once: sent once, or left alone.</summary>
[Collection(AccountCollection.Name)]
public sealed class LegacyShapesTests(AccountWorld world)
{
    private static readonly DateTimeOffset _past = DateTimeOffset.UnixEpoch.AddYears(55);
    private static readonly DateTimeOffset _future = DateTimeOffset.UnixEpoch.AddYears(130);
    private AccountWorld.Sender _sender = null!;

    [Fact]
    public async Task each_is_sent_once_or_left_alone_however_often_it_is_looked_at()
    {
        _sender = await world.OpenAsync(also: account => account[AccountFields.ThroughputPerSecond] = 1000L);
        var shapes = Shapes();
        await world.CommitAsync([.. shapes.Select(shape => DocumentWrite.Set(Path(shape.Id), shape.Fields)), ThreadWithMappedContact()]);

        for (var i = 0; i < 2; i++)
        {
            await AdoptAsync(shapes);
            await SendAllAsync(shapes);
        }

        var sent = (await world.RequestsAsync(_sender)).Select(request => request.GetProperty("body")).ToDictionary(
            body => body.GetProperty("biz_opaque_callback_data").GetString()!, body => body.GetProperty("type").GetString()!);
        Assert.Equal(
            shapes.Where(shape => shape.SentAs is not null).Select(shape => ($"{Name(shape.Id)}:1", shape.SentAs)).Order(),
            sent.Select(entry => (entry.Key, (string?)entry.Value)).Order());
        foreach (var shape in shapes)
        {
            var stored = (await world.StoredAsync(Path(shape.Id))).Fields;
            Assert.Equal((shape.Id, shape.EndsAs), (shape.Id, stored.Text(OutboxFields.Status)));
            Assert.Equal((shape.Id, !shape.IsUntouched), (shape.Id, stored.ContainsKey(OutboxFields.Schema)));
        }
    }

    private List<Shape> Shapes()
    {
        var media = new DocumentFields { ["image"] = Map("url", "https://example.com/a.png"), ["mimetype"] = "image/png", ["caption"] = "Hi" };
        return
        [
            // As the runbook's proxy wrote it, and as an older one did, which knew no time to be due.
            Queued("whole", new() { [OutboxFields.Payload] = Map("text", "hello"), [OutboxFields.NextAttemptAt] = _past, [OutboxFields.AttemptCount] = 0L }),
            Queued("never-due", new() { [OutboxFields.Payload] = Map("text", "hello") }),
            Queued("attempts", new() { [OutboxFields.Payload] = Map("message", "hello"), [OutboxFields.LegacyAttempts] = 3L }),
            Queued("body-only", []),
            Queued("no-thread", new() { [OutboxFields.ToJid] = $"+{_sender.Phone(4)}@c.us" }, [OutboxFields.ThreadId]),
            Queued("mapped-contact", new() { [OutboxFields.ThreadId] = _sender.Thread(5) }),
            Queued("object-thread", new() { [OutboxFields.ThreadId] = $"{_sender.Id}__[object Object]" }),
            Queued("bare-thread", new() { [OutboxFields.ThreadId] = $"{_sender.Phone(6)}@s.whatsapp.net" }),
            Queued("media", new() { [OutboxFields.Payload] = FirestoreValue.From(media) }) with { SentAs = "image" },

            // It holds a provider's id: it went out, whatever its status says.
            Queued("accepted", new() { [OutboxFields.ProviderMessageId] = "3EB0" }) with { SentAs = null },
            Queued("accepted-in-hand", Held("processing", _past, "3EB1")) with { SentAs = null },

            // Its holder is gone, or may still be sending.
            Queued("orphan", Held("sending", _past)) with { SentAs = null, EndsAs = "uncertain" },
            LeftAlone("leased", "processing", new() { [OutboxFields.LeaseUntil] = _future }),
            LeftAlone("in-hand-just-now", "sending", []),

            // Nobody can know to whom or from whom, or what the word means.
            LeftAlone("mapped-address", "queued", new() { [OutboxFields.ToJid] = Map("canonicalJid", "40700000001@s.whatsapp.net") }),
            LeftAlone("no-address", "queued", [], [OutboxFields.ToJid]),
            LeftAlone("no-account", "queued", [], [OutboxFields.AccountId]),
            LeftAlone("another-outbox", "PENDING", []),
            LeftAlone("done", "sent", []),
            LeftAlone("dead", "failed", []),
        ];
    }

    private Shape Queued(string id, DocumentFields more, string[]? without = null)
    {
        var fields = new DocumentFields
        {
            [OutboxFields.AccountId] = _sender.Id,
            [OutboxFields.ThreadId] = $"{_sender.Id}__{id}",
            [OutboxFields.ToJid] = $"+{_sender.Phone(1)}@s.whatsapp.net",
            [OutboxFields.Body] = "hello",
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.CreatedAt] = _past,
        };
        foreach (var field in more)
        {
            fields[field.Key] = field.Value;
        }

        foreach (var name in without ?? [])
        {
            fields.Remove(name);
        }

        return new Shape(id, fields, "text", "sent", IsUntouched: false);
    }

    private Shape LeftAlone(string id, string status, DocumentFields more, string[]? without = null) =>
        Queued(id, new DocumentFields(more) { [OutboxFields.Status] = status }, without) with { SentAs = null, EndsAs = status, IsUntouched = true };

    private static DocumentFields Held(string status, DateTimeOffset until, string? providerId = null)
    {
        var fields = new DocumentFields { [OutboxFields.Status] = status, [OutboxFields.LeaseUntil] = until };
        if (providerId is not null)
        {
            fields[OutboxFields.ProviderMessageId] = providerId;
        }

        return fields;
    }

    private DocumentWrite ThreadWithMappedContact() => DocumentWrite.Set(
        FirestorePaths.Thread(_sender.Thread(5)),
        new DocumentFields { [ThreadFields.AccountId] = _sender.Id, [ThreadFields.ClientJid] = Map("rawJid", $"{_sender.Phone(5)}@s.whatsapp.net") });

    private async Task AdoptAsync(List<Shape> shapes)
    {
        // What adoption looks for, read as it reads it.
        var read = await world.Worker.GetRequiredService<IFirestore>().GetAsync([.. shapes.Select(shape => Path(shape.Id))], "test", CancellationToken.None);
        var found = read.Documents.Where(document => document.Fields.Text(OutboxFields.Status) is "queued" or "processing" or "sending" && OutboxDocument.Read(document).Schema is null);
        await world.Worker.GetRequiredService<LegacyMessages>().AdoptAsync([.. found], read.ReadTime, CancellationToken.None);
    }

    private async Task SendAllAsync(List<Shape> shapes)
    {
        var sender = world.Worker.GetRequiredService<MessageSender>();
        foreach (var shape in shapes)
        {
            var threadId = OutboxDocument.Read(await world.StoredAsync(Path(shape.Id))).ThreadId ?? $"{_sender.Id}__{shape.Id}";
            await sender.SendLaneAsync(new HeldLane(new Lane(_sender.Id, threadId), 1), CancellationToken.None, CancellationToken.None);
        }
    }

    private string Name(string id) => $"{_sender.Id}-{id}";

    private string Path(string id) => FirestorePaths.OutboxMessage(Name(id));

    private static FirestoreValue Map(string name, string value) => FirestoreValue.From(new DocumentFields { [name] = value });

    private sealed record Shape(string Id, DocumentFields Fields, string? SentAs, string EndsAs, bool IsUntouched);
}
