using System.Text;
using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

/// <summary>A project with rules of its own, seen by its administrator and by users with unsigned tokens, as Google's clients send them.</summary>
public sealed class RulesClient(HttpClient http, string project)
{
    private const string NoAlgorithm = """{"alg":"none","typ":"JWT"}""";
    private readonly EmulatorClient _client = new(http, project);

    public string Project => project;

    public static string Token(string uid, string project, string claims = "") => string.Join(
        '.', Encode(NoAlgorithm), Encode($$"""{"iss":"https://securetoken.google.com/{{project}}","aud":"{{project}}","sub":"{{uid}}","iat":0,"exp":3600{{claims}} }"""), "");

    /// <param name="claims">Further members of the token, each with a comma before it.</param>
    public string As(string uid, string claims = "") => $"Bearer {Token(uid, project, claims)}";

    public Task<Answer> LoadAsync(string rules, string rest = "") => _client.SendAsync(
        HttpMethod.Put, $"/emulator/v1/projects/{project}:securityRules",
        $$"""{"rules":{"files":[{"name":"test.rules","content":{{JsonSerializer.Serialize(rules)}} }]}{{rest}} }""");

    /// <summary>Rules of version 2 whose text stands below the documents.</summary>
    public async Task RulesAsync(string body) => (await LoadAsync($$"""
        rules_version = '2';
        service cloud.firestore { match /databases/{database}/documents { {{body}} } }
        """)).Ok();

    public async Task<string> SetAsync(string path, string fields) =>
        (await CommitAsync("Bearer owner", $$"""{"update":{"name":"…/{{path}}","fields":{ {{fields}} } } }""")).Ok().CommitTime;

    public Task<Answer> GetAsync(string? caller, string path) => _client.SendAsync(HttpMethod.Get, $"/v1/…/{path}", null, authorization: caller);

    public Task<Answer> PostAsync(string? caller, string path, string body) => _client.SendAsync(HttpMethod.Post, $"/v1/…{path}", body, authorization: caller);

    public Task<Answer> SendAsync(HttpMethod method, string? caller, string path, string? body = null) =>
        _client.SendAsync(method, $"/v1/…{path}", body, authorization: caller);

    public Task<Answer> CommitAsync(string? caller, params string[] writes) => PostAsync(caller, ":commit", $$"""{"writes":[{{string.Join(',', writes)}}]}""");

    public Task<Answer> QueryAsync(string? caller, string structuredQuery, string parent = "") =>
        PostAsync(caller, $"{parent}:runQuery", $$"""{"structuredQuery":{{structuredQuery}} }""");

    private static string Encode(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
