using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

/// <summary>
/// What a proof promises, tried: every condition of <see cref="QueryProofTests"/> against every query there, and where the
/// query is allowed, against random documents that it returns. Each of them must pass the condition by itself.
/// </summary>
public sealed class QueryProofSoundnessTests
{
    private const int Seed = 20260102;
    private const int Documents = 4000;

    [Fact]
    public void no_allowed_query_returns_a_document_that_the_condition_denies()
    {
        var cases = QueryProofTests.Cases().Select(row => ((string)row[0], (string)row[1])).ToList();
        var documents = Pool(new Random(Seed));
        var rules = cases.Select(one => one.Item1).Distinct().Select(condition => Stage.Rules($"allow list: if {condition};")).ToList();
        var (allowed, tried) = (0, 0);
        foreach (var where in cases.Select(one => one.Item2).Distinct())
        {
            var text = QueryProofTests.Query("docs", where);
            var query = Stage.Query(text);
            var returned = documents.Where(document => Stage.Matches(query, document)).Take(60).ToList();
            Assert.True(returned.Count > 0, $"no document matches {where}");
            foreach (var rule in rules.Where(rule => Stage.QueryRefusal(rule, text) is null))
            {
                allowed++;
                tried += returned.Count;
                Assert.All(returned, document => Assert.True(Stage.DocumentRefusal(rule, document) is null, $"{rule}\n{text}\n{document.Path}"));
            }
        }

        Assert.True(allowed > 500 && tried > 10_000, $"{allowed} proofs, {tried} documents");
    }

    private static List<Document> Pool(Random random)
    {
        // NaN is left out: see "Where it differs" in the emulator's README.
        Value[] scalars =
        [
            NullValue.Instance, new BooleanValue(true), new BooleanValue(false), new IntegerValue(0), new IntegerValue(1), new DoubleValue(1), new IntegerValue(2), new DoubleValue(2),
            new IntegerValue(5), new IntegerValue(10), new DoubleValue(17.5), new IntegerValue(18), new IntegerValue(19), new StringValue("alice"), new StringValue("bob"),
            new StringValue("carol"), new StringValue("a"), new StringValue(""), new TimestampValue(0), new TimestampValue(1_900_000_000_000_000), new BytesValue([1]),
        ];
        Value Any() => random.Next(6) switch
        {
            0 => new ArrayValue([scalars[random.Next(scalars.Length)], new StringValue(random.Next(2) == 0 ? "alice" : "bob")]),
            1 => new MapValue(new() { ["owner"] = scalars[random.Next(scalars.Length)] }),
            2 => new MapValue(new() { ["owner"] = new StringValue("alice") }),
            _ => scalars[random.Next(scalars.Length)],
        };
        string[] fields = ["owner", "other", "n", "s", "x", "at", "open", "members", "map"];
        string[] ids = ["d", "alice", "bob", "zoe"];
        var pool = new List<Document>();
        for (var index = 0; index < Documents; index++)
        {
            var data = fields.Where(_ => random.Next(5) > 0).ToDictionary(field => field, _ => Any());
            pool.Add(new(new("docs", ids[random.Next(ids.Length)]), new(data), 1, 1));
        }

        return pool;
    }
}
