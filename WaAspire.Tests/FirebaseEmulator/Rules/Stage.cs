using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Enforcement;
using WaAspire.FirebaseEmulator.Rules.Evaluation;
using WaAspire.FirebaseEmulator.Rules.Language;
using WaAspire.FirebaseEmulator.Rules.Proof;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

/// <summary>The one document, the one user and the one moment that the cases of expressions.txt speak of.</summary>
internal static class Stage
{
    private static readonly DatabaseName Database = new("p");
    private static readonly long Now = Timestamps.Parse("2026-01-02T03:04:05.678Z")!.Value;

    private static readonly Dictionary<DocumentPath, Document> Stored = new[]
    {
        Of("docs/d", Data()),
        Of("users/alice", new() { ["role"] = new StringValue("admin") }),
        Of("users/bob", new() { ["role"] = new StringValue("staff") }),
    }.ToDictionary(document => document.Path);

    /// <summary>true, false or error: which of the condition and its negation allow tells them apart.</summary>
    public static string Outcome(string expression)
    {
        if (Allows($"allow get: if {expression};"))
            return "true";
        return Allows($"allow get: if !({expression});") ? "false" : "error";
    }

    /// <param name="body">What stands in the block of /docs/{id}.</param>
    public static bool Allows(string body, string method = "get") => Refusal(Rules(body), method) is null;

    public static string Rules(string body, string version = "2") => $$"""
        rules_version = '{{version}}';
        service cloud.firestore {
          match /databases/{database}/documents {
            match /docs/{id} {
              {{body}}
            }
          }
        }
        """;

    public static string? Refusal(string rules, string method = "get", string path = "docs/d") => Refusal(rules, method, RequestedPath.Of(DocumentPath.Parse(path)), null);

    /// <summary>Null when the rules prove that everything that the query could return may be listed.</summary>
    public static string? QueryRefusal(string rules, string structuredQuery)
    {
        var query = QueryJson.Read(RequestJson.Parse(System.Text.Encoding.UTF8.GetBytes(structuredQuery)), "");
        return query.Conjunctions.Select(conjunction =>
        {
            var facts = new QueryFacts(conjunction, query.Orders, Database);
            return Refusal(rules, "list", RequestedPath.Of(query.From, facts), facts);
        }).FirstOrDefault(refusal => refusal is not null);
    }

    private static string? Refusal(string rules, string method, RequestedPath path, QueryFacts? facts)
    {
        Document? Find(DocumentPath name) => Stored.GetValueOrDefault(name);
        var stored = facts is null
            ? StoredValues.Of(Find(DocumentPath.Parse(string.Join('/', ((RulePath)path.Value).Segments.Skip(3)))))
            : new OpenDocument(facts, path.Id, path.Value);
        var operation = new Operation(
            method, path, Auth(), RuleTimestamp.FromMicros(Now), new(stored), new(() => RuleNull.Instance), RuleNull.Instance);
        return new Ruleset(RulesParser.Parse("test.rules", rules)).Refuse(operation, new(Find, Find, Lookups.Single));
    }

    private static RuleMap Auth() => new(new Dictionary<string, RuleValue>
    {
        ["uid"] = new RuleString("alice"),
        ["token"] = new RuleMap(new Dictionary<string, RuleValue>
        {
            ["email"] = new RuleString("Alice@Example.com"),
            ["email_verified"] = RuleBool.True,
            ["level"] = new RuleInt(3),
            ["roles"] = new RuleList([new RuleString("a"), new RuleString("b")]),
        }),
    });

    private static Dictionary<string, Value> Data() => new()
    {
        ["n"] = new IntegerValue(5),
        ["f"] = new DoubleValue(1.5),
        ["nan"] = new DoubleValue(double.NaN),
        ["s"] = new StringValue("abc"),
        ["t"] = new BooleanValue(true),
        ["nul"] = NullValue.Instance,
        ["list"] = new ArrayValue([new IntegerValue(1), new IntegerValue(2), new StringValue("x")]),
        ["map"] = new MapValue(new() { ["a"] = new IntegerValue(1), ["b"] = new MapValue(new() { ["c"] = new IntegerValue(2) }) }),
        ["empty"] = MapValue.Empty,
        ["at"] = new TimestampValue(Timestamps.Parse("2024-02-29T12:34:56.789123Z")!.Value),
        ["ref"] = new ReferenceValue(Database.NameOf(new("users", "bob"))),
        ["geo"] = new GeoPointValue(10, 20),
        ["raw"] = new BytesValue([1, 255]),
    };

    private static Document Of(string path, Dictionary<string, Value> fields) => new(DocumentPath.Parse(path), new(fields), 1, 1);
}
