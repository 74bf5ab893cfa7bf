using System.Net;

namespace WaAspire.Tests.FirebaseEmulator.Operations;

public sealed class SeedTests(SeedTests.SeededEmulator emulator) : IClassFixture<SeedTests.SeededEmulator>
{
    private readonly EmulatorClient _client = emulator.Client("demo-waaspire");

    [Fact]
    public async Task a_seeded_emulator_is_healthy_and_has_its_people_and_threads()
    {
        Assert.Equal(HttpStatusCode.OK, (await _client.SendAsync(HttpMethod.Get, "/health", null)).Status);
        var signedIn = (await _client.SendAsync(HttpMethod.Post, "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any", """{"email":"employee@example.com","password":"demo-password"}""")).Ok().Json;
        Assert.Equal("demo-employee", signedIn.GetProperty("localId").GetString());
        await _client.FieldsAsync("staffProfiles/demo-employee");
        Assert.Equal("cloud_api", (await _client.FieldsAsync("accounts/demo-account")).GetProperty("provider").GetProperty("stringValue").GetString());
        var threads = await _client.QueryAsync("""
            {"from":[{"collectionId":"threads"}],"where":{"fieldFilter":{"field":{"fieldPath":"accountId"},"op":"EQUAL","value":{"stringValue":"demo-account"}}},"orderBy":[{"field":{"fieldPath":"lastMessageAt"},"direction":"DESCENDING"}]}
            """);
        Assert.Equal(3, threads.Length);
        Assert.All(threads, thread => Assert.StartsWith("threads/demo-account__", thread, StringComparison.Ordinal));
        var owned = await _client.FieldsAsync(threads[0]);
        Assert.NotEqual("demo-employee", owned.GetProperty("ownerUid").GetProperty("stringValue").GetString());
        Assert.Equal("demo-employee", owned.GetProperty("coWriterUids").GetProperty("arrayValue").GetProperty("values")[0].GetProperty("stringValue").GetString());
    }

    public sealed class SeededEmulator : EmulatorFixture
    {
        protected override string[] Arguments => ["--Seed:File", Path.Combine(RepositoryRoot, "demo", "seed.json")];
    }
}
