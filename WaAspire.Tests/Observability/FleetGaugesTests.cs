using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;

namespace WaAspire.Tests.Observability;

/// <summary>What it costs to look at the queue, counted by the product's own account of Firestore's bill.</summary>
[Collection(WorkerCollection.Name)]
public sealed class FleetGaugesTests(WorkerUnderTest worker)
{
    private static readonly TimeSpan _every = new ObservabilityOptions().FiguresEvery;
    private readonly ManualTime _time = new();
    private readonly List<long> _shown = [];

    private long Reads => worker.Worker.GetRequiredService<FirestoreCost>().Snapshot().GetValueOrDefault(("rpc", OutboxFiguresReader.Purpose));

    [Fact]
    public async Task nobody_reads_unless_somebody_looks_and_however_many_look_it_is_read_once()
    {
        await using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var gauges = GaugesOf(meters.GetRequiredService<IMeterFactory>());
        using var eyes = Eyes(meters.GetRequiredService<IMeterFactory>());
        await gauges.StartAsync(CancellationToken.None);
        var before = Reads;

        _time.Advance(_every * 10);
        Assert.Equal(before, Reads);

        Look(eyes);
        Assert.Empty(_shown);
        await Eventually.IsTrueAsync(() => Task.FromResult(Shows(eyes)), "what was asked for is shown");
        var once = Reads - before;
        Assert.InRange(once, 1, 12);

        for (var i = 0; i < 100; i++)
        {
            Look(eyes);
        }

        Assert.Equal(before + once, Reads);

        await Eventually.IsTrueAsync(
            () =>
            {
                // It may still be on its way to its pause when the clock moves: then the next move ends it.
                _time.Advance(_every);
                Look(eyes);
                return Task.FromResult(Reads >= before + (2 * once));
            },
            "it is read again when its time has come");
        await gauges.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task figures_that_have_grown_old_are_not_shown()
    {
        await using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var gauges = GaugesOf(meters.GetRequiredService<IMeterFactory>());
        using var eyes = Eyes(meters.GetRequiredService<IMeterFactory>());
        await gauges.StartAsync(CancellationToken.None);
        Look(eyes);
        await Eventually.IsTrueAsync(() => Task.FromResult(Shows(eyes)), "the figures are shown");
        await gauges.StopAsync(CancellationToken.None);

        _time.Advance(_every * 3);
        Assert.False(Shows(eyes));
    }

    private FleetGauges GaugesOf(IMeterFactory meters)
    {
        var services = worker.Worker;
        var shown = ActivatorUtilities.CreateInstance<OutboxFiguresReader>(services, Options.Create(new ObservabilityOptions { MetricsFreshFor = TimeSpan.Zero }));
        return new FleetGauges(
            new FleetFiguresReader(shown, services.GetRequiredService<IFirestore>(), services.GetRequiredService<ServerClock>()),
            services.GetRequiredService<InstanceDirectory>(), services.GetRequiredService<ServerClock>(), Options.Create(new ObservabilityOptions()), _time, meters,
            NullLogger<FleetGauges>.Instance);
    }

    private MeterListener Eyes(IMeterFactory meters)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name == "waaspire.outbox.lag")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => _shown.Add(value));
        listener.Start();
        return listener;
    }

    private void Look(MeterListener eyes)
    {
        _shown.Clear();
        eyes.RecordObservableInstruments();
    }

    private bool Shows(MeterListener eyes)
    {
        Look(eyes);
        return _shown.Count > 0;
    }
}
