using System.Diagnostics.Metrics;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class FirestoreCostTests
{
    [Fact]
    public void the_meter_and_the_snapshot_say_the_same()
    {
        using var cost = new FirestoreCost();
        using var listener = new MeterListener();
        var measured = new Dictionary<(string, string), long>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == FirestoreCost.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var byName = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string)tag.Value!);
            // Other tests count under other purposes, into meters of the same name.
            if (byName["purpose"].StartsWith("here", StringComparison.Ordinal))
                measured[(byName["kind"], byName["purpose"])] = measured.GetValueOrDefault((byName["kind"], byName["purpose"])) + value;
        });
        listener.Start();

        cost.Reads("here", 0);
        cost.Reads("here", 7);
        cost.Writes("here", [FirestoreUnderTest.Create("a/b"), FirestoreUnderTest.Create("a/c") with { Purpose = "here-too" }, DocumentWrite.Delete("a/d")]);

        Assert.Equal(measured, cost.Snapshot());
        Assert.Equal(8, measured[("read", "here")]);
        Assert.Equal((1, 1, 1), (measured[("write", "here")], measured[("write", "here-too")], measured[("delete", "here")]));
    }
}
