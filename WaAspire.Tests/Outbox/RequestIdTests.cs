using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Outbox;

public sealed class RequestIdTests
{
    /// <summary>The contract's vectors: shipped clients and stored documents depend on them.</summary>
    [Theory]
    [InlineData("thread123", "user123", "client_msg_123", "4051171dcb7d6595d3d3edcd4f29b1fa471949e00712b062316b5a9f7c1301a6")]
    [InlineData("test_thread", "uid_test", "test_123", "fc86044b2d2e501a4100da67b7280cfb1d4d3bb775897aa6d1471d27edf702e9")]
    [InlineData("țară", "uid", "ș", "11a31fe46b33b1099a244a7c41766dc28a014252ca7b0328e9ce73ab9a1aad7a")]
    public void the_request_id_is_the_contracts_hash(string threadId, string uid, string clientMessageId, string requestId) =>
        Assert.Equal(requestId, RequestId.Of(threadId, uid, clientMessageId));

    [Fact]
    public void a_shard_is_stable_and_shards_share_the_threads_evenly()
    {
        // Stored for ever: a changed function would split a thread's documents over two shards.
        Assert.Equal(21, OutboxShard.Of("account_1__40700000001@s.whatsapp.net"));
        var counts = Enumerable.Range(0, 30_000).GroupBy(i => OutboxShard.Of($"thread-{i}")).ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal(Enumerable.Range(0, OutboxShard.Count), counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 800, 1200));
    }
}
