namespace WaAspire.Tests.FirebaseEmulator.Firestore;

public sealed class TransactionTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Fact]
    public async Task a_transaction_commits_once_when_nothing_it_read_has_changed()
    {
        await _client.SetAsync("c/quiet", "");
        var begun = (await _client.PostAsync(":beginTransaction", "{}")).Ok().Json.GetProperty("transaction").GetString()!;
        (await _client.GetAsync($"/c/quiet?transaction={Uri.EscapeDataString(begun)}")).Ok();
        await _client.SetAsync("c/unrelated", "");
        (await CommitAsync(begun, """{"delete":"…/c/quiet"}""")).Ok();
        Assert.Equal("400 INVALID_ARGUMENT", (await CommitAsync(begun, """{"delete":"…/c/quiet"}""")).Refusal);
    }

    [Fact]
    public async Task a_read_only_transaction_keeps_its_snapshot_and_may_not_write()
    {
        await _client.SetAsync("c/still", """ "n":{"integerValue":"1"} """);
        var begun = (await _client.PostAsync(":beginTransaction", """{"options":{"readOnly":{}}}""")).Ok().Json.GetProperty("transaction").GetString()!;
        await _client.SetAsync("c/still", """ "n":{"integerValue":"2"} """);
        var seen = (await _client.PostAsync(":batchGet", $$"""{"documents":["…/c/still"],"transaction":"{{begun}}"}""")).Ok().Json;
        Assert.Equal("1", seen[0].GetProperty("found").GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString());
        Assert.Equal("400 INVALID_ARGUMENT", (await CommitAsync(begun, """{"delete":"…/c/still"}""")).Refusal);
    }

    [Fact]
    public async Task an_idle_transaction_expires()
    {
        var begun = (await _client.PostAsync(":beginTransaction", "{}")).Ok().Json.GetProperty("transaction").GetString()!;
        try
        {
            emulator.Time.Shift = TimeSpan.FromSeconds(61);
            var answer = await CommitAsync(begun, """{"delete":"…/c/x"}""");
            Assert.Equal("400 INVALID_ARGUMENT", answer.Refusal);
            Assert.Contains("transaction has expired", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            emulator.Time.Shift = TimeSpan.Zero;
        }
    }

    private Task<Answer> CommitAsync(string transaction, string write) =>
        _client.PostAsync(":commit", $$"""{"writes":[{{write}}],"transaction":"{{transaction}}"}""");
}
