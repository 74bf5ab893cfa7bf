using WaAspire.FirebaseEmulator;
using WaAspire.FirebaseEmulator.Rules.Language;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

public sealed class MalformedRulesTests
{
    [Theory]
    [InlineData("", "1:1", "service")]
    [InlineData("rules_version = '3';", "1:17", "version")]
    [InlineData("rules_version = 2;", "1:17", "version")]
    [InlineData("service firebase.storage { }", "1:9", "cloud.firestore")]
    [InlineData("service cloud.firestore {", "1:26", "end of the file")]
    [InlineData("service cloud.firestore { allow read; }", "1:27", "'match', 'function' or '}'")]
    [InlineData("service cloud.firestore { } nonsense", "1:29", "nonsense")]
    [InlineData("service cloud.firestore {\n  match users {}\n}", "2:9", "path")]
    [InlineData("service cloud.firestore {\n  match /a/{b {}\n}", "2:15", "'}' expected")]
    [InlineData("service cloud.firestore {\n  match /{a=**}/b/{c} {}\n}", "2:9", "rules_version = '2'")]
    [InlineData("rules_version = '2';\nservice cloud.firestore {\n  match /{a=**}/b/{c=**} {}\n}", "3:9", "at most one recursive")]
    [InlineData("rules_version = '2';\nservice cloud.firestore {\n  match /{a=**} {\n    match /b/{c=**} {}\n  }\n}", "4:5", "below another")]
    [InlineData("service cloud.firestore { /* open", "1:27", "not closed")]
    [InlineData("service cloud.firestore { /*/ }", "1:27", "not closed")]
    [InlineData("service cloud.firestore {\n  match /a/{b} { allow reed; }\n}", "2:24", "unknown method 'reed'")]
    [InlineData("service cloud.firestore {\n  match /a/{b} { allow read if true; }\n}", "2:29", "expected, found 'if'")]
    [InlineData("service cloud.firestore {\n  match /a/{request} { }\n}", "2:3", "cannot be declared anew")]
    public void a_malformed_file_names_line_column_and_reason(string rules, string place, string reason) => Fails(rules, place, reason);

    [Theory]
    [InlineData("true &", "'&'")]
    [InlineData("true & true", "'&'")]
    [InlineData("= 1", "an expression expected")]
    [InlineData("", "an expression expected")]
    [InlineData("(true", "')' expected")]
    [InlineData("[1, 2", "']' expected")]
    [InlineData("{'a' 1} == null", "':' expected")]
    [InlineData("true ? false", "':' expected")]
    [InlineData("'open", "not closed")]
    [InlineData("'a\\d' == 'a'", "unknown escape")]
    [InlineData("'\\u12' == 'a'", "4 hexadecimal")]
    [InlineData("9223372036854775808 == 1", "64 bits")]
    [InlineData("1e999 == 1", "64 bits")]
    [InlineData("#", "unexpected character '#'")]
    [InlineData("match == 1", "found 'match'")]
    [InlineData("uid == 'a'", "unknown variable 'uid'")]
    [InlineData("request.user.uid == 'a'", "'request' has no member 'user'")]
    [InlineData("request.auth.id == 'a'", "'request.auth' has no member 'id'")]
    [InlineData("request.resource.fields == 1", "'request.resource' has no member 'fields'")]
    [InlineData("request.query.where == null", "'request.query' has no member 'where'")]
    [InlineData("resource.fields.a == 1", "'resource' has no member 'fields'")]
    [InlineData("isAdmin()", "unknown function 'isAdmin'")]
    [InlineData("resource.data.a.contains('b')", "unknown method 'contains'")]
    [InlineData("resource.data.a.size(1) == 1", "unknown method 'size' with 1")]
    [InlineData("math.cos(1) == 1", "unknown function 'math.cos'")]
    [InlineData("hashing.crc32('a') == b'a'", "unknown function 'hashing.crc32'")]
    [InlineData("exists() == true", "unknown function 'exists' with 0")]
    [InlineData("get(/a/b, 1) == null", "unknown function 'get' with 2")]
    [InlineData("math == 1", "unknown variable 'math'")]
    [InlineData("1 is integer", "unknown type 'integer'")]
    [InlineData("/a/b$(id)/c == null", "not both")]
    [InlineData("/a/ == null", "a path segment expected")]
    [InlineData("resource.data.a.matches('(')", "regular expression")]
    [InlineData("resource.data.a.matches('a(?=b)')", "regular expression")]
    [InlineData("resource.data.a.matches('(a)\\\\1')", "regular expression")]
    [InlineData("resource.data.a.matches('\\\\bword')", "regular expression")]
    [InlineData("resource.data.a.matches('[a')", "regular expression")]
    [InlineData("resource.data.a.matches('a\\\\')", "regular expression")]
    [InlineData("resource.data.a.matches('\\\\x{zz}')", "regular expression")]
    [InlineData("resource.data.a.matches('[[:nothing:]]')", "regular expression")]
    public void a_condition_that_cannot_be_judged_is_refused_at_load(string condition, string reason) =>
        Fails(Stage.Rules($"allow get: if {condition};"), "5:", reason);

    [Theory]
    [InlineData("function f() { return f(); } allow get: if f();", "calls itself")]
    [InlineData("function f() { return g(); } function g() { return f(); } allow get;", "calls itself")]
    [InlineData("function f() { return true; } function f() { return true; }", "declared twice")]
    [InlineData("function f(a) { return a; } allow get: if f();", "takes 1 arguments, not 0")]
    [InlineData("function f(a, a) { return a; }", "declared twice")]
    [InlineData("function f(a) { let a = 1; return a; }", "declared twice")]
    [InlineData("function f(a, b, c, d, e, f, g, h) { return a; }", "at most 7 parameters")]
    [InlineData("function f() { let b = a; let a = 1; return b; }", "unknown variable 'a'")]
    [InlineData("function f() { let a = 1; }", "'return' expected")]
    [InlineData("function f() { return 1; return 2; }", "'}' expected")]
    [InlineData("function f() { return nobody; }", "unknown variable 'nobody'")]
    [InlineData("function request() { return true; }", "cannot be declared anew")]
    [InlineData("function f(resource) { return true; }", "cannot be declared anew")]
    public void a_function_that_cannot_be_judged_is_refused_at_load(string body, string reason) => Fails(Stage.Rules(body), "5:", reason);

    [Fact]
    public void each_limit_of_the_language_is_kept_at_load()
    {
        var lets = string.Concat(Enumerable.Range(0, 11).Select(index => $"let v{index} = 1; "));
        Fails(Stage.Rules($"function f() {{ {lets} return v0; }}"), "5:", "at most 10 variables");
        Fails(Stage.Rules($"// {new string('x', 256 * 1024)}"), "1:1", "at most 262144 bytes");
        Fails(Stage.Rules(string.Concat(Enumerable.Repeat("match /a/{b} { ", 9)) + new string('}', 9)), "5:", "at most 10 deep");
        Fails(Stage.Rules($"allow get: if {new string('(', 200)}true{new string(')', 200)};"), "5:", "nest at most 100 deep");
        Fails(Stage.Rules($"allow get: if {new string('!', 5000)}true;"), "5:", "nest at most 100 deep");
        Fails(Stage.Rules($"allow get: if {string.Join(" || ", Enumerable.Repeat("true", 5000))};"), "5:", "at most 500 operators deep");
        Fails(Stage.Rules($"allow get: if request{string.Concat(Enumerable.Repeat(".a", 5000))};"), "5:", "at most 500 operators deep");
        var chain = string.Concat(Enumerable.Range(0, 25).Select(index => $"function f{index}() {{ return f{index + 1}(); }} ")) + "function f25() { return true; }";
        Fails(Stage.Rules(chain), "5:", "more than 20 deep");
    }

    [Fact]
    public void a_malformed_file_stops_the_start_and_names_the_file()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.rules");
        File.WriteAllText(file, "service cloud.firestore {\n  match /a/{b} { allow read: if nobody; }\n}");
        var stopped = Assert.Throws<RulesException>(() => EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--Firestore:RulesFile", file]));
        Assert.StartsWith($"{file}:2:33: ", stopped.Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.ThrowsAny<IOException>(() => EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--Firestore:RulesFile", file]));
    }

    private static void Fails(string rules, string place, string reason)
    {
        var malformed = Assert.Throws<RulesException>(() => RulesParser.Parse("test.rules", rules));
        Assert.StartsWith($"test.rules:{place}", malformed.Message, StringComparison.Ordinal);
        Assert.Contains(reason, malformed.Message, StringComparison.Ordinal);
    }
}
