using System.Net;
using System.Text;
using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator;

/// <summary>Sends raw requests, so that a test shows what is on the wire. An ellipsis stands for the database's documents.</summary>
public sealed class EmulatorClient(HttpClient http, string project)
{
    public string Project => project;

    public string Documents { get; } = $"projects/{project}/databases/(default)/documents";

    /// <param name="path">Behind the documents: <c>:commit</c>, <c>/a/b</c>.</param>
    public Task<Answer> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, $"/v1/…{path}", body);

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, $"/v1/…{path}", null);

    public async Task<Answer> SendAsync(HttpMethod method, string address, string? body, string contentType = "application/json", string? authorization = null)
    {
        using var request = new HttpRequestMessage(method, address.Replace("…", Documents, StringComparison.Ordinal));
        if (body is not null)
            request.Content = new StringContent(body.Replace("…", Documents, StringComparison.Ordinal), Encoding.UTF8, contentType);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new(response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    public Task<Answer> CommitAsync(params string[] writes) => PostAsync(":commit", $$"""{"writes":[{{string.Join(',', writes)}}]}""");

    /// <summary>Commits and expects it to be applied.</summary>
    public async Task<Answer> WriteAsync(params string[] writes) => (await CommitAsync(writes)).Ok();

    /// <summary>Writes one document whole; <paramref name="fields"/> is the inside of the fields object.</summary>
    public Task<Answer> SetAsync(string path, string fields) =>
        WriteAsync($$"""{"update":{"name":"…/{{path}}","fields":{ {{fields}} } } }""");

    public async Task<JsonElement> FieldsAsync(string path) => (await GetAsync("/" + path)).Ok().Json.GetProperty("fields");

    /// <summary>The ids (paths below the documents) that a query returns, in its order.</summary>
    public async Task<string[]> QueryAsync(string structuredQuery, string parent = "") =>
    [
        .. (await PostAsync($"{parent}:runQuery", $$"""{"structuredQuery":{{structuredQuery}} }""")).Ok().Json.EnumerateArray()
            .Where(element => element.TryGetProperty("document", out _))
            .Select(element => element.GetProperty("document").GetProperty("name").GetString()![(Documents.Length + 1)..]),
    ];
}

/// <summary>An answer of the emulator; errors of streaming calls come wrapped in an array.</summary>
public sealed record Answer(HttpStatusCode Status, JsonElement Json)
{
    public JsonElement Error => (Json.ValueKind == JsonValueKind.Array ? Json[0] : Json).GetProperty("error");

    public string Refusal => $"{(int)Status} {Error.GetProperty("status").GetString()}";

    public string UpdateTime(int index = 0) => Json.GetProperty("writeResults")[index].GetProperty("updateTime").GetString()!;

    public string CommitTime => Json.GetProperty("commitTime").GetString()!;

    public Answer Ok()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{(int)Status}: {(Json.ValueKind == JsonValueKind.Undefined ? "" : Json.GetRawText())}");
        return this;
    }
}
