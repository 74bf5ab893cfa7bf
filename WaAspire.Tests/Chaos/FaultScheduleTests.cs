using WaAspire.Tests.Chaos.Faults;

namespace WaAspire.Tests.Chaos;

public sealed class FaultScheduleTests
{
    private static readonly TimeSpan _length = TimeSpan.FromMinutes(20);

    [Fact]
    public void the_same_seed_makes_the_same_faults_and_another_one_makes_others()
    {
        Assert.Equal(Told(1), Told(1));
        Assert.NotEqual(Told(1), Told(2));
    }

    [Fact]
    public void a_long_run_sees_every_fault_there_is() =>
        Assert.Equal(
            FaultSchedule.Lanes.SelectMany(lane => lane.Kinds.Select(kind => (lane.Name, kind.Name))).Order(),
            FaultSchedule.Of(1, _length, 1).Select(step => (step.Lane.Name, step.Kind.Name)).Distinct().Order());

    [Fact]
    public void faults_of_one_lane_never_overlap_and_end_with_the_phase()
    {
        foreach (var lane in FaultSchedule.Of(3, _length, 0.1).GroupBy(step => step.Lane))
        {
            Assert.All(lane.Zip(lane.Skip(1)), pair => Assert.True(pair.First.At + pair.First.For <= pair.Second.At));
            Assert.All(lane, step => Assert.True(step.At + step.For <= _length));
        }
    }

    private static IEnumerable<string> Told(int seed) => FaultSchedule.Of(seed, _length, 0.1).Select(step => step.ToString());
}
