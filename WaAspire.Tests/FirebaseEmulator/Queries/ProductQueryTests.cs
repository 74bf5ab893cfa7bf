namespace WaAspire.Tests.FirebaseEmulator.Queries;

/// <summary>The product's own index file: each of its queries is covered, and what would cap its rate is not indexed.</summary>
public sealed class ProductQueryTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    // The heads of lanes, the sweep, and what /metrics-json counts.
    [InlineData("outbox", "threadId IN,status IN", "orderAt")]
    [InlineData("outbox", "threadId EQUAL,status IN", "orderAt,__name__")]
    [InlineData("outbox", "shard IN,nextAttemptAt GREATER_THAN,nextAttemptAt LESS_THAN_OR_EQUAL", "nextAttemptAt")]
    [InlineData("outbox", "shard IN,status EQUAL", "")]
    [InlineData("outbox", "shard IN,status EQUAL,orderAt LESS_THAN_OR_EQUAL", "orderAt")]
    [InlineData("outbox", "shard IN,status EQUAL,sentAt GREATER_THAN_OR_EQUAL", "")]
    [InlineData("outbox", "shard IN,status EQUAL,failedAt GREATER_THAN_OR_EQUAL", "")]
    // Adoption of old documents, proof by provider id.
    [InlineData("outbox", "status IN", "__name__")]
    [InlineData("outbox", "providerMessageId EQUAL", "")]
    // What shipped clients ask.
    [InlineData("threads", "accountId EQUAL", "lastMessageAt desc")]
    [InlineData("threads", "accountId EQUAL", "lastMessageAt")]
    [InlineData("threads", "accountId EQUAL,assignedTo EQUAL", "lastMessageAt desc")]
    [InlineData("threads", "accountId EQUAL,isLid EQUAL", "lastMessageAt desc")]
    [InlineData("threads", "accountId EQUAL,clientJid EQUAL", "")]
    [InlineData("threads/t/messages", "", "tsClient desc")]
    [InlineData("threads/t/messages", "", "tsClient")]
    [InlineData("accounts", "status EQUAL", "")]
    public async Task a_query_of_the_product_is_covered(string collection, string filters, string orders) =>
        (await RunAsync(collection, filters, orders)).Ok();

    [Theory]
    [InlineData("outbox", "createdAt")]
    [InlineData("outbox", "orderAt")]
    [InlineData("outbox", "nextAttemptAt")]
    [InlineData("outbox", "leaseUntil")]
    [InlineData("outbox", "claimedAt")]
    [InlineData("outbox", "sentAt")]
    [InlineData("outbox", "failedAt")]
    [InlineData("outbox", "updatedAt")]
    [InlineData("outbox", "doubtSince")]
    [InlineData("inboundDedupe", "processedAt")]
    [InlineData("inboundDedupe", "expiresAt")]
    [InlineData("threads", "updatedAt")]
    [InlineData("threads", "lastMessageAtMs")]
    [InlineData("threads", "lastInboundAt")]
    [InlineData("threads", "lastInboundAtMs")]
    public async Task a_growing_field_has_no_index_of_its_own(string collection, string field)
    {
        Assert.Equal("400 FAILED_PRECONDITION", (await RunAsync(collection, "", field)).Refusal);
        Assert.Equal("400 FAILED_PRECONDITION", (await RunAsync(collection, "", $"{field} desc")).Refusal);
    }

    [Fact]
    public async Task an_unsharded_poll_of_the_outbox_is_refused() =>
        Assert.Equal("400 FAILED_PRECONDITION", (await RunAsync("outbox", "status EQUAL,nextAttemptAt LESS_THAN_OR_EQUAL", "")).Refusal);

    private Task<Answer> RunAsync(string collection, string filters, string orders)
    {
        var slash = collection.LastIndexOf('/');
        var parent = slash < 0 ? "" : "/" + collection[..slash];
        return _client.PostAsync($"{parent}:runQuery", $$"""{"structuredQuery":{{QueryText.Of(collection[(slash + 1)..], filters, orders)}}}""");
    }
}
