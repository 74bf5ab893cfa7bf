using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Every shape in which the old system left documents, all at once: each is sent once, or left alone.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class OldShapesTests(RunningSystem system)
{
    private static readonly DateTimeOffset _then = new(2026, 1, 20, 12, 0, 0, TimeSpan.Zero);

    private enum Fate
    {
        /// <summary>Goes out, once.</summary>
        Sent,

        /// <summary>The provider had taken it: it becomes what it is, and does not go out.</summary>
        Closed,

        /// <summary>Its old holder may have sent it: it waits for proof or a person.</summary>
        InDoubt,

        /// <summary>Nothing is changed.</summary>
        LeftAlone,
    }

    [Fact]
    public async Task every_old_shape_is_sent_once_or_left_alone()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(40);
        await company.CommitAsync(DocumentWrite.Set(FirestorePaths.Thread(company.ThreadId(5)), new DocumentFields
        {
            ["accountId"] = company.AccountId,
            ["clientJid"] = FirestoreValue.From(new DocumentFields { ["canonicalJid"] = company.JidOf(5), ["rawJid"] = company.JidOf(5), ["jid"] = company.JidOf(5) }),
            ["lastMessageAt"] = _then,
        }));
        var shapes = Shapes(company).ToDictionary(shape => shape.Id);
        await company.CommitAsync([.. shapes.Values.Select(shape => DocumentWrite.Set(FirestorePaths.OutboxMessage(shape.Id), shape.Fields))]);
        var before = (await company.AllStoredAsync()).ToDictionary(document => document.Id);

        await Eventually.IsTrueAsync(async () => (await company.AllOutboxAsync()).All(message => IsSettled(shapes[message.Key].Fate, message.Value)), "every one is settled", TimeSpan.FromMinutes(12));

        var accepted = (await company.AcceptedAsync()).Select(message => message.RequestId).ToList();
        Assert.Equal(shapes.Values.Where(shape => shape.Fate == Fate.Sent).Select(shape => shape.Id).Order(), accepted.Order());
        Assert.All((await company.AllStoredAsync()).Where(document => shapes[document.Id].Fate == Fate.LeftAlone), document =>
            Assert.Equal(before[document.Id].UpdateTime, document.UpdateTime));
    }

    private static bool IsSettled(Fate fate, OutboxDocument message) => fate switch
    {
        Fate.Sent or Fate.Closed => message.Status == OutboxStatus.Sent,
        Fate.InDoubt => message.Status == OutboxStatus.Uncertain,
        _ => message.Schema is null,
    };

    private static IEnumerable<(string Id, Fate Fate, DocumentFields Fields)> Shapes(Company company)
    {
        var thread = 0;
        var number = company.PhoneNumberId;

        yield return Shape("without-next-attempt", Fate.Sent, new() { [OutboxFields.Payload] = Text("payload.text") });
        yield return Shape("with-next-attempt", Fate.Sent, new() { [OutboxFields.NextAttemptAt] = _then, [OutboxFields.AttemptCount] = 0L });
        yield return Shape("legacy-attempts", Fate.Sent, new() { [OutboxFields.LegacyAttempts] = 2L, [OutboxFields.NextAttemptAt] = _then });
        yield return Shape("message-payload", Fate.Sent, new() { [OutboxFields.Payload] = FirestoreValue.From(new DocumentFields { ["message"] = "direct api" }) });
        yield return Shape("map-client-jid", Fate.Sent, new());
        yield return Shape("body-alone", Fate.Sent, new() { [OutboxFields.Body] = "only a body" });
        yield return Shape("plus-in-address", Fate.Sent, new(), toJid: "+" + company.JidOf(thread + 1));
        yield return Shape("c-us-address", Fate.Sent, new(), toJid: $"{company.PhoneOf(thread + 1)}@c.us");
        yield return Shape("without-thread", Fate.Sent, new(), withThread: false);
        yield return Shape("image-by-url", Fate.Sent, new()
        {
            [OutboxFields.Body] = "[Image]",
            [OutboxFields.Payload] = FirestoreValue.From(new DocumentFields
            {
                ["image"] = FirestoreValue.From(new DocumentFields { ["url"] = "https://example.com/x.png" }),
                ["mimetype"] = "image/png",
                ["caption"] = "a picture",
            }),
        });
        yield return Shape("had-an-error", Fate.Sent, new() { [OutboxFields.LastError] = "Account not connected", ["errorMessage"] = "old words", ["lastAttemptAt"] = _then });
        yield return Shape("queued-but-taken", Fate.Closed, new() { [OutboxFields.ProviderMessageId] = "3EB0A" });
        yield return Shape("processing-but-taken", Fate.Closed, new() { [OutboxFields.Status] = "processing", [OutboxFields.ProviderMessageId] = "3EB0B" });
        yield return Shape("sending-but-taken", Fate.Closed, new() { [OutboxFields.Status] = "sending", [OutboxFields.ProviderMessageId] = "3EB0C" });
        yield return Shape("orphan-processing", Fate.InDoubt, new() { [OutboxFields.Status] = "processing", [OutboxFields.LeaseUntil] = _then, [OutboxFields.ClaimedBy] = "old" });
        yield return Shape("orphan-sending", Fate.InDoubt, new() { [OutboxFields.Status] = "sending", [OutboxFields.LeaseUntil] = _then });
        yield return Shape("still-leased", Fate.LeftAlone, new() { [OutboxFields.Status] = "processing", [OutboxFields.LeaseUntil] = DateTimeOffset.UnixEpoch.AddYears(130) });
        yield return Shape("done", Fate.LeftAlone, new() { [OutboxFields.Status] = "sent", [OutboxFields.ProviderMessageId] = "3EB0D", [OutboxFields.SentAt] = _then });
        yield return Shape("given-up", Fate.LeftAlone, new() { [OutboxFields.Status] = "failed", [OutboxFields.FailedAt] = _then, [OutboxFields.LastError] = "Account not connected after max retries" });
        yield return Shape("no-address", Fate.LeftAlone, new(), toJid: "[object Object]");

        (string, Fate, DocumentFields) Shape(string name, Fate fate, DocumentFields more, string? toJid = null, bool withThread = true)
        {
            thread++;
            var fields = new DocumentFields
            {
                [OutboxFields.AccountId] = company.AccountId,
                [OutboxFields.ToJid] = toJid ?? company.JidOf(thread),
                [OutboxFields.Status] = "queued",
                [OutboxFields.Body] = name,
                [OutboxFields.CreatedAt] = _then,
            };
            if (withThread)
            {
                fields[OutboxFields.ThreadId] = company.ThreadId(thread);
            }

            foreach (var (field, value) in more)
            {
                fields[field] = value;
            }

            return ($"old-{number}-{name}", fate, fields);
        }
    }

    private static FirestoreValue Text(string text) => FirestoreValue.From(new DocumentFields { ["text"] = text });
}
