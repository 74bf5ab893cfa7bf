using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>A proxy and one worker that export what a caller asks to be traced, and of the rest only what failed.</summary>
public sealed class TraceSystem : RunningSystem, IAsyncLifetime
{
    public OtlpReceiver Collector { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <summary>The spans of one trace, as soon as they are what is waited for.</summary>
    public Task<IReadOnlyList<ReceivedSpan>> TraceAsync(string traceId, Func<IReadOnlyList<ReceivedSpan>, bool> isWhole, string what) => Eventually.GetAsync(
        () => Task.FromResult<IReadOnlyList<ReceivedSpan>?>(Collector.Spans.Where(span => span.TraceId == traceId).ToList() is var spans && isWhole(spans) ? spans : null), what);

    protected override void Configure(IResourceBuilder<ProjectResource> worker)
    {
        base.Configure(worker);
        worker.WithReplicas(1);
        var app = worker.ApplicationBuilder;
        foreach (var project in app.Resources.OfType<ProjectResource>().Where(project => project.Name is "proxy" or "worker"))
        {
            app.CreateResourceBuilder(project)
                .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Url)
                .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .WithEnvironment("OTEL_TRACES_SAMPLER", "parentbased_always_off")
                .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "100")
                .WithEnvironment("OTEL_SERVICE_NAME", project.Name);
        }
    }
}
