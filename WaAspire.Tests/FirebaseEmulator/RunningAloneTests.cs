namespace WaAspire.Tests.FirebaseEmulator;

public sealed class RunningAloneTests
{
    private const string TwoOrders =
        """{"from":[{"collectionId":"c"}],"orderBy":[{"field":{"fieldPath":"a"} },{"field":{"fieldPath":"b"} }]}""";

    [Fact]
    public async Task one_port_serves_everything_and_the_program_ends_when_asked()
    {
        await using var emulator = await EmulatorProcess.StartAsync("--no-index-check");
        var client = new EmulatorClient(emulator.Http, "p");
        await client.SetAsync("c/40712345678", """ "text":{"stringValue":"private words"} """);
        Assert.Empty(await client.QueryAsync(TwoOrders));
        (await client.SendAsync(HttpMethod.Post, "/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any", "{}")).Ok();

        var (exitCode, log) = await emulator.StopAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("index check is off", log, StringComparison.Ordinal);
        Assert.DoesNotContain("40712345678", log, StringComparison.Ordinal);
        Assert.DoesNotContain("private words", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_index_file_of_the_command_line_is_the_one_that_counts()
    {
        await using var emulator = await EmulatorProcess.StartAsync("--indexes", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json"));
        var refused = await new EmulatorClient(emulator.Http, "p").PostAsync(":runQuery", $$"""{"structuredQuery":{{TwoOrders}} }""");
        Assert.Equal("400 FAILED_PRECONDITION", refused.Refusal);
        var exempt = await new EmulatorClient(emulator.Http, "p").PostAsync(
            ":runQuery", """{"structuredQuery":{"from":[{"collectionId":"outbox"}],"orderBy":[{"field":{"fieldPath":"createdAt"}}]}}""");
        Assert.Equal("400 FAILED_PRECONDITION", exempt.Refusal);
    }

    [Theory]
    [InlineData("{\n  \"indexes\": [\n    {\"collectionGroup\": \"c\", \"fields\": [{\"fieldPath\": \"a\", \"order\": \"UPWARDS\"}]}\n  ]\n}", 3, "UPWARDS")]
    [InlineData("{\n  \"indexes\": [\n    {\"collectionGrup\": \"c\",\n \"fields\": []}\n  ]\n}", 3, "collectionGrup")]
    [InlineData("{\n  \"fieldOverrides\": [\n\n    {\"collectionGroup\": \"c\", \"fieldPath\": \"a..b\"}\n  ]\n}", 4, "a..b")]
    [InlineData("{\n  \"indexes\": [\n    {\"collectionGroup\": \"c\", \"fields\": [{\"fieldPath\": \"a\"}]}\n  ]\n}", 3, "either an order or an arrayConfig")]
    [InlineData("{\n  \"indexes\": [\n}", 3, "'}'")]
    public async Task a_malformed_index_file_stops_the_start_with_file_line_and_reason(string content, int line, string reason)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, content);
        try
        {
            var (exitCode, errors) = await EmulatorProcess.RunAsync("--port", "0", "--indexes", file);
            Assert.Equal(1, exitCode);
            Assert.StartsWith($"{file}({line}): ", errors, StringComparison.Ordinal);
            Assert.Contains(reason, errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task a_malformed_rules_file_stops_the_start_with_file_line_and_reason()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "rules_version = '2';\nservice cloud.firestore {\n  allow nonsense\n}\n");
        var (exitCode, errors) = await EmulatorProcess.RunAsync("--port", "0", "--rules", file);
        File.Delete(file);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"{file}:3:", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_option_that_nobody_knows_stops_the_start()
    {
        var (exitCode, errors) = await EmulatorProcess.RunAsync("--prt", "8080");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("Unknown option --prt. Known: --port", errors, StringComparison.Ordinal);
    }
}
