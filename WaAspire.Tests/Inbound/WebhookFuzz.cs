using System.Text;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

/// <summary>
/// Signed bodies with something wrong in them: bytes flipped, cut and doubled, values of a wrong kind, members renamed.
/// Bad input is never an error of ours, and never becomes a message in somebody's thread that nobody wrote.
/// </summary>
[Collection(ProxyCollection.Name)]
public sealed class WebhookFuzz(ProxyUnderTest proxy)
{
    private const int Seed = 20260131;
    private static readonly int _bodies = Durations.IsFull ? 50_000 : 2_000;

    // The store runs in this process too, and keeps what of each body is set aside, with its index entries.
    private static readonly long _growthMax = (200L * 1024 * 1024) + (_bodies * 16L * 1024);

    private static readonly string[] _odd =
    [
        "null", "7", "-1e400", "true", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "[[]]", "{}", "{\"\":1}", "{\"__x__\":1}", "\"__x__\"", "\"..\"", "\"a/b\"", "\"%\"",
        "\"[object Object]\"", "9223372036854775808", "\"99999999999999999999\"", "{\"body\":{\"body\":[]}}",
    ];

    [Fact]
    public async Task no_mutated_body_is_an_error_of_ours_or_a_message_of_somebodys()
    {
        var customer = await Customer.MeetAsync(proxy);
        var original = Encoding.UTF8.GetBytes(customer.Body(
            [
                customer.Text("wamid.fuzz.1", "Bună ziua"),
                customer.Message("wamid.fuzz.2", """{"type":"image","image":{"caption":"c","mime_type":"image/jpeg","sha256":"x","id":"m"},"context":{"id":"wamid.fuzz.1","forwarded":true}}"""),
                customer.Message("wamid.fuzz.3", """{"type":"reaction","reaction":{"message_id":"wamid.fuzz.1","emoji":"👍"}}"""),
                customer.Message("wamid.fuzz.4", """{"type":"contacts","contacts":[{"name":{"formatted_name":"Ion"}}],"group_id":"Y2FwaV9ncm91cDox"}"""),
                customer.Message("wamid.fuzz.5", """{"type":"system","system":{"body":"b","wa_id":"40799000002","type":"user_changed_number"}}"""),
            ],
            [Customer.Status("wamid.fuzz.6", "failed", "fuzz:1", """{"errors":[{"code":131026,"title":"t"}],"pricing":{"billable":true},"conversation":{"id":"c"}}""")]));
        var random = new Random(Seed);
        await RunAsync(original, random, _bodies / 10);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await RunAsync(original, random, _bodies);

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, _growthMax);
        // Whatever came, an account's documents are its own, and no thread has a name that is no address.
        var threads = await proxy.Firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Threads) { Where = [FieldFilter.Equal("accountId", customer.AccountId)], Limit = 5_000 }, "test", CancellationToken.None);
        Assert.All(threads.Documents, thread => Assert.True(Messaging.Threads.ThreadId.JidOf(thread.Id, customer.AccountId) is not null, thread.Id));
        Assert.All(threads.Documents, thread => Assert.StartsWith(customer.AccountId + "__", thread.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task no_mutated_signature_or_body_is_believed()
    {
        var customer = await Customer.MeetAsync(proxy);
        var body = Encoding.UTF8.GetBytes(customer.Body([customer.Text("wamid.forged", "forged")]));
        var random = new Random(Seed);
        for (var i = 0; i < _bodies / 20; i++)
        {
            var forged = body.ToArray();
            forged[random.Next(forged.Length)] ^= (byte)(1 + random.Next(255));
            var signature = "sha256=" + Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), body));
            (await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Post, "/webhooks/whatsapp", null, new ByteArrayContent(forged), ("X-Hub-Signature-256", signature)))
                .AssertRefused(401, "unauthorized");
        }

        Assert.Empty(await customer.MessagesAsync());
    }

    private async Task RunAsync(byte[] original, Random random, int count)
    {
        // Mutations are drawn in one thread, so that a seed is one sequence of bodies.
        var bodies = Enumerable.Range(0, count).Select(_ => Mutate(original, random)).Chunk(64);
        foreach (var part in bodies)
        {
            await Parallel.ForEachAsync(part, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (body, _) =>
            {
                var answer = await Customer.DeliverAsync(proxy.Client, body);
                Assert.True(answer.Status == 200, $"{answer.Status} for {Convert.ToBase64String(body)}");
            });
        }
    }

    private static byte[] Mutate(byte[] original, Random random) => random.Next(3) switch
    {
        0 => Bytes([.. original], random),
        1 => Encoding.UTF8.GetBytes(Values(Encoding.UTF8.GetString(original), random)),
        _ => Bytes([.. Encoding.UTF8.GetBytes(Values(Encoding.UTF8.GetString(original), random))], random),
    };

    private static byte[] Bytes(List<byte> body, Random random)
    {
        for (var change = random.Next(1, 4); change > 0 && body.Count > 1; change--)
        {
            var (at, length) = (random.Next(body.Count), random.Next(1, 40));
            switch (random.Next(4))
            {
                case 0: body[at] = (byte)random.Next(256); break;
                case 1: body.RemoveRange(at, Math.Min(length, body.Count - at)); break;
                case 2: body.InsertRange(at, body.GetRange(at, Math.Min(length, body.Count - at))); break;
                default: body.RemoveRange(at, random.Next(20) == 0 ? body.Count - at : 1); break;
            }
        }

        return [.. body];
    }

    /// <summary>Puts odd values where others are expected, and renames members; the rest stays lawful.</summary>
    private static string Values(string body, Random random)
    {
        var root = JsonNode.Parse(body)!;
        var marks = new List<string>();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var holders = Holders(root).ToList();
            var holder = holders[random.Next(holders.Count)];
            var name = holder.ElementAt(random.Next(holder.Count)).Key;
            if (random.Next(4) == 0)
            {
                var value = holder[name]?.DeepClone();
                holder.Remove(name);
                holder[name + "_"] = value;
                continue;
            }

            holder[name] = $"@@{marks.Count}@@";
            marks.Add(_odd[random.Next(_odd.Length)]);
        }

        var text = root.ToJsonString();
        return marks.Select((odd, index) => (odd, index)).Aggregate(text, (mutated, mark) => mutated.Replace($"\"@@{mark.index}@@\"", mark.odd, StringComparison.Ordinal));
    }

    private static IEnumerable<JsonObject> Holders(JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } holder => holder.Select(member => member.Value).SelectMany(Holders).Prepend(holder),
        JsonArray list => list.SelectMany(Holders),
        _ => [],
    };
}
