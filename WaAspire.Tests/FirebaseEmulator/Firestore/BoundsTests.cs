using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.Tests.FirebaseEmulator.Firestore;

/// <summary>What the emulator keeps of the past is bounded.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void the_oldest_versions_of_all_documents_go_first()
    {
        var history = new DocumentHistory(maxVersions: 3);
        for (var time = 1; time <= 4; time++)
            history.Add(new("c", time % 2 == 0 ? "even" : "odd"), null, time);
        Assert.Equal([3], history.Of(new("c", "odd")).Select(version => version.CommitTime));
        Assert.Equal([2, 4], history.Of(new("c", "even")).Select(version => version.CommitTime));
    }

    [Fact]
    public void a_document_that_changes_all_the_time_does_not_push_itself_out_twice()
    {
        var history = new DocumentHistory(maxVersions: 60);
        for (var time = 1; time <= 100; time++)
            history.Add(new("c", "busy"), null, time);
        Assert.Equal(Enumerable.Range(51, 50).Select(time => (long)time), history.Of(new("c", "busy")).Select(version => version.CommitTime));
    }

    [Fact]
    public void a_time_before_the_oldest_kept_snapshot_cannot_be_read()
    {
        var past = new PastSnapshots();
        for (var time = 1; time <= 20_002; time++)
            past.Add(Snapshot.Empty, time, changes: 1);
        Assert.Equal(RpcCode.FailedPrecondition, Assert.Throws<RpcException>(() => past.At(1, Snapshot.Empty)).Code);
        past.At(2, Snapshot.Empty);
    }
}
