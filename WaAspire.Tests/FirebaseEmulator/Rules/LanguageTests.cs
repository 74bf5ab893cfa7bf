namespace WaAspire.Tests.FirebaseEmulator.Rules;

/// <summary>Match blocks, wildcards, methods and functions: everything of the language round the conditions.</summary>
public sealed class LanguageTests
{
    [Theory]
    [InlineData("allow read;", "get list")]
    [InlineData("allow write;", "create update delete")]
    [InlineData("allow get;", "get")]
    [InlineData("allow list, delete;", "list delete")]
    [InlineData("allow read, write: if true;", "get list create update delete")]
    [InlineData("allow read: if false; allow get: if true;", "get")]
    [InlineData("allow get: if resource.data.missing == 1; allow get: if true;", "get")]
    [InlineData("allow read: if false;", "")]
    [InlineData("", "")]
    [InlineData("allow read\nallow create", "get list create")]
    public void an_operation_is_allowed_by_any_statement_that_names_it_and_is_true(string body, string methods)
    {
        string[] all = ["get", "list", "create", "update", "delete"];
        Assert.Equal(methods, string.Join(' ', all.Where(method => Stage.Allows(body, method))));
    }

    [Theory]
    [InlineData("2", "/docs/{id}", "docs/d", true)]
    [InlineData("2", "/docs/{id}", "docs/d/sub/s", false)]
    [InlineData("2", "/docs/d", "docs/d", true)]
    [InlineData("2", "/docs/other", "docs/d", false)]
    [InlineData("2", "/{any}/{id}", "docs/d", true)]
    [InlineData("2", "/{any}/{id}", "docs/d/sub/s", false)]
    [InlineData("2", "/{all=**}", "docs/d", true)]
    [InlineData("2", "/{all=**}", "docs/d/sub/s", true)]
    [InlineData("2", "/docs/{id}/{below=**}", "docs/d", true)]
    [InlineData("2", "/docs/{id}/{below=**}", "docs/d/sub/s", true)]
    [InlineData("1", "/docs/{id}/{below=**}", "docs/d", false)]
    [InlineData("1", "/docs/{id}/{below=**}", "docs/d/sub/s", true)]
    [InlineData("1", "/{all=**}", "docs/d", true)]
    [InlineData("2", "/{above=**}/sub/{s}", "docs/d/sub/s", true)]
    [InlineData("2", "/{above=**}/sub/{s}", "sub/s", true)]
    [InlineData("2", "/{above=**}/sub/{s}", "docs/d", false)]
    [InlineData("2", "/docs/{inside=**}/s", "docs/d/sub/s", true)]
    [InlineData("2", "/docs/{inside=**}/s", "docs/d/sub/t", false)]
    [InlineData("2", "/my-docs.v2/{id}", "my-docs.v2/d", true)]
    public void a_pattern_matches_whole_paths(string version, string pattern, string path, bool matches)
    {
        var rules = $$"""
            rules_version = '{{version}}';
            service cloud.firestore {
              match /databases/{database}/documents {
                match {{pattern}} { allow get; }
              }
            }
            """;
        Assert.Equal(matches, Stage.Refusal(rules, "get", path) is null);
    }

    [Fact]
    public void nested_blocks_are_relative_and_parents_do_not_cascade()
    {
        var rules = Stage.Rules("allow get; match /sub/{s} { allow get: if id == 'd' && s == 's'; } match /closed/{s} { }");
        Assert.Null(Stage.Refusal(rules, "get", "docs/d"));
        Assert.Null(Stage.Refusal(rules, "get", "docs/d/sub/s"));
        Assert.NotNull(Stage.Refusal(rules, "get", "docs/e/sub/s"));
        Assert.NotNull(Stage.Refusal(rules, "get", "docs/d/closed/s"));
    }

    [Fact]
    public void a_recursive_wildcard_binds_the_path_that_it_swallowed()
    {
        const string Rules = """
            rules_version = '2';
            service cloud.firestore {
              match /databases/{database}/documents/{all=**} {
                allow get: if all == /docs/d/sub/s && all[2] == 'sub' && /databases/$(database)/documents/$(all) == request.path;
              }
            }
            """;
        Assert.Null(Stage.Refusal(Rules, "get", "docs/d/sub/s"));
        Assert.NotNull(Stage.Refusal(Rules, "get", "docs/d"));
    }

    [Theory]
    [InlineData("function f() { return true; } allow get: if f();", true)]
    [InlineData("function f() { return true } allow get: if f()", true)]
    [InlineData("function f(a, b) { return a == b; } allow get: if f(1, 1.0);", true)]
    [InlineData("function f(a) { let b = a + 1; let c = b + 1; return c == 3; } allow get: if f(1);", true)]
    [InlineData("function f() { return id == 'd'; } allow get: if f();", true)]
    [InlineData("function f() { return outer(2); } allow get: if f();", true)]
    [InlineData("function f(id) { return id == 'mine'; } allow get: if f('mine');", true)]
    [InlineData("function outer(x) { return x == 9; } allow get: if outer(9);", true)]
    [InlineData("function f(x) { return true; } allow get: if f(resource.data.missing);", false)]
    [InlineData("function f() { let x = resource.data.missing; return true; } allow get: if f();", false)]
    [InlineData("function f(a) { return g(a); } function g(b) { return b == 1; } allow get: if f(1);", true)]
    [InlineData("function f(timestamp) { return timestamp.size() == 1; } allow get: if f('a');", true)]
    public void functions_have_parameters_variables_and_the_scope_that_they_are_declared_in(string body, bool allowed)
    {
        var rules = $$"""
            rules_version = '2';
            function outer(x) { return x == 2; }
            service cloud.firestore {
              match /databases/{database}/documents {
                match /docs/{id} { {{body}} }
              }
            }
            """;
        Assert.Equal(allowed, Stage.Refusal(rules) is null);
    }

    [Fact]
    public void a_function_does_not_see_the_variables_of_its_caller()
    {
        var malformed = Assert.ThrowsAny<Exception>(() => Stage.Allows("function g() { return x == 1; } function f(x) { return g(); } allow get: if f(1);"));
        Assert.Contains("unknown variable 'x'", malformed.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Stage.Allows("match /sub/{s} { function h() { return true; } } allow get: if h();"));
    }

    [Fact]
    public void comments_and_blanks_are_nothing() =>
        Assert.True(Stage.Allows("// allow: if false\n /* match { */ allow /* all */ get // of it\n : if /**/ true ; // }"));

    [Fact]
    public void more_than_a_thousand_expressions_deny_whatever_else_is_true()
    {
        // Each equality of variables counts three.
        static string Sum(int count) => string.Join(" && ", Enumerable.Repeat("id == id", count));
        Assert.True(Stage.Allows($"allow get: if {Sum(240)};"));
        Assert.False(Stage.Allows($"allow get: if {Sum(300)};"));
        Assert.False(Stage.Allows($"allow get: if ({Sum(300)}) || true;"));
        Assert.False(Stage.Allows($"allow get: if {Sum(300)}; allow get: if true;"));
    }

    [Fact]
    public void the_eleventh_document_denies_whatever_else_is_true_and_repeats_are_free()
    {
        static string Exists(IEnumerable<int> ids) =>
            string.Join(" && ", ids.Select(id => $"!exists(/databases/$(database)/documents/users/u{id})"));
        Assert.True(Stage.Allows($"allow get: if {Exists(Enumerable.Range(0, 10))};"));
        Assert.False(Stage.Allows($"allow get: if {Exists(Enumerable.Range(0, 11))};"));
        Assert.False(Stage.Allows($"allow get: if {Exists(Enumerable.Range(0, 11))} || true;"));
        Assert.True(Stage.Allows($"allow get: if {Exists(Enumerable.Range(0, 30).Select(id => id % 10))};"));
        Assert.True(Stage.Allows("allow get: if exists(/databases/$(database)/documents/users/alice) && get(/databases/$(database)/documents/users/alice).data.role == 'admin';"));
    }
}
