using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>A real tracer provider whose exporter is a list.</summary>
internal sealed class KeptSpans : BaseProcessor<Activity>
{
    private readonly ConcurrentQueue<Activity> _exported = new();

    public IReadOnlyList<Activity> Exported => [.. _exported];

    public override void OnEnd(Activity data)
    {
        if (data.Recorded)
        {
            _exported.Enqueue(data);
        }
    }

    public static TracerProvider Watch(Sampler sampler, string[] sources, params BaseProcessor<Activity>[] processors)
    {
        var builder = Sdk.CreateTracerProviderBuilder().AddSource(sources).SetSampler(sampler);
        foreach (var processor in processors)
        {
            builder.AddProcessor(processor);
        }

        return builder.Build();
    }
}
