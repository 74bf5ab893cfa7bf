using System.Net;
using WaAspire.FirebaseEmulator;

namespace WaAspire.Tests.FirebaseEmulator;

public sealed class EmulatorHostTests
{
    [Fact]
    public async Task every_address_answers_for_firestore_and_auth_and_any_origin()
    {
        await using var app = EmulatorHost.Create(["--urls", "http://127.0.0.1:0;http://[::1]:0"]);
        await app.StartAsync();
        Assert.Equal(2, app.Urls.Count);
        foreach (var address in app.Urls)
        {
            using var http = new HttpClient { BaseAddress = new(address) };
            var client = new EmulatorClient(http, "p");
            Assert.Equal("healthy", (await client.SendAsync(HttpMethod.Get, "/health", null)).Ok().Json.GetProperty("status").GetString());
            (await client.CommitAsync()).Ok();
            (await client.SendAsync(HttpMethod.Post, "/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any", "{}")).Ok();

            using var preflight = new HttpRequestMessage(HttpMethod.Options, $"/v1/{client.Documents}:commit");
            preflight.Headers.Add("Origin", "http://localhost:5173");
            preflight.Headers.Add("Access-Control-Request-Method", "POST");
            using var allowed = await http.SendAsync(preflight);
            Assert.Equal("*", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        }
    }

    [Fact]
    public async Task without_an_indexes_file_only_automatic_indexes_serve()
    {
        await using var app = EmulatorHost.Create(["--urls", "http://127.0.0.1:0"]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        var client = new EmulatorClient(http, "p");
        Assert.Empty(await client.QueryAsync("""{"from":[{"collectionId":"outbox"}],"orderBy":[{"field":{"fieldPath":"createdAt"}}]}"""));
        var refused = await client.PostAsync(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"outbox"}],"orderBy":[{"field":{"fieldPath":"a"}},{"field":{"fieldPath":"b"}}]}}""");
        Assert.Equal("400 FAILED_PRECONDITION", refused.Refusal);
    }

    [Fact]
    public void a_seed_that_cannot_be_read_stops_the_start()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, """{"projectId":"p","users":[{"email":"a@example.com","password":"short"}]}""");
        Assert.ThrowsAny<Exception>(() => EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--Seed:File", file]));
        File.Delete(file);
    }

    [Fact]
    public async Task an_address_that_is_nothing_of_firestores_is_not_found()
    {
        await using var app = EmulatorHost.Create(["--urls", "http://127.0.0.1:0"]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        var client = new EmulatorClient(http, "p");
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync(":listen", "{}")).Status);
        Assert.Equal("404 NOT_FOUND", (await client.SendAsync(HttpMethod.Get, "/v1/projects/p", null)).Refusal);
    }
}
