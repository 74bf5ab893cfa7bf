using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace WaAspire.ServiceDefaults.Tracing;

/// <summary>
/// <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> by OpenTelemetry's words and default
/// (<c>parentbased_always_on</c>), with one difference: what is not chosen is recorded all the same and shown to
/// <see cref="FailuresKept"/>, because whether a message fails is known only at its end.
/// </summary>
internal sealed class TraceSampling(Sampler chosen) : Sampler
{
    private static readonly SamplingResult _notChosen = new(SamplingDecision.RecordOnly);

    public static TraceSampling Of(IConfiguration configuration)
    {
        var isRatio = double.TryParse(configuration["OTEL_TRACES_SAMPLER_ARG"], CultureInfo.InvariantCulture, out var given) && given is >= 0 and <= 1;
        var ratio = new TraceIdRatioBasedSampler(isRatio ? given : 1);
        return new TraceSampling(configuration["OTEL_TRACES_SAMPLER"]?.Trim().ToLowerInvariant() switch
        {
            "always_on" => new AlwaysOnSampler(),
            "always_off" => new AlwaysOffSampler(),
            "traceidratio" => ratio,
            "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
            "parentbased_traceidratio" => new ParentBasedSampler(ratio),
            _ => new ParentBasedSampler(new AlwaysOnSampler()),
        });
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        chosen.ShouldSample(samplingParameters) is { Decision: SamplingDecision.RecordAndSample } sampled ? sampled : _notChosen;
}
