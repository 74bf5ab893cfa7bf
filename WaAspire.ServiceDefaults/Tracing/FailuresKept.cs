using System.Diagnostics;
using OpenTelemetry;

namespace WaAspire.ServiceDefaults.Tracing;

/// <summary>
/// Exports what the sampler chose, and every trace in which something failed. Enters: each span at its end. Leaves: the
/// chosen ones at once; the others wait here until a span of their trace says that it matters (an error, or the tag
/// <see cref="KeepTag"/>), and go with it and after it. Waiting is bounded, and the oldest trace goes first.
/// If we die here, what waits is gone; and each process decides by what it saw itself (docs/telemetry.md).
/// </summary>
internal sealed class FailuresKept(BaseProcessor<Activity> export) : CompositeProcessor<Activity>([export])
{
    public const string KeepTag = "waaspire.keep";
    public const int SpansMax = 4096;
    public const int SpansOfTraceMax = 256;
    private static readonly HashSet<string> _probes = ["/health", "/alive", "/healthz", "/readyz"];

    private readonly Lock _gate = new();
    private readonly Dictionary<ActivityTraceId, Trace> _traces = [];
    private readonly Queue<ActivityTraceId> _byAge = new();
    private int _waiting;

    public override void OnEnd(Activity data)
    {
        if (IsProbe(data))
        {
            return;
        }

        if (data.Recorded)
        {
            base.OnEnd(data);
            return;
        }

        foreach (var kept in Take(data))
        {
            kept.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
            base.OnEnd(kept);
        }
    }

    /// <summary>Health checks come all day and say what the checks themselves say.</summary>
    private static bool IsProbe(Activity span) =>
        span.Kind == ActivityKind.Server && span.Status != ActivityStatusCode.Error && span.GetTagItem("url.path") is string path && _probes.Contains(path);

    private static bool Matters(Activity span) => span.Status == ActivityStatusCode.Error || span.GetTagItem(KeepTag) is true;

    /// <summary>What is to be exported now: nothing, or this span and all of its trace that waited.</summary>
    private List<Activity> Take(Activity span)
    {
        lock (_gate)
        {
            if (!_traces.TryGetValue(span.TraceId, out var trace))
            {
                _traces[span.TraceId] = trace = new Trace();
                _byAge.Enqueue(span.TraceId);
                Forget_NeedsLock();
            }

            trace.IsKept |= Matters(span);
            if (trace.IsKept)
            {
                List<Activity> kept = [.. trace.Waiting, span];
                _waiting -= trace.Waiting.Count;
                trace.Waiting.Clear();
                return kept;
            }

            if (trace.Waiting.Count < SpansOfTraceMax)
            {
                trace.Waiting.Add(span);
                _waiting++;
                Forget_NeedsLock();
            }

            return [];
        }
    }

    /// <summary>A trace that is kept waits with no span, and counts as one.</summary>
    private void Forget_NeedsLock()
    {
        while (_waiting > SpansMax || _traces.Count > SpansMax)
        {
            if (_traces.Remove(_byAge.Dequeue(), out var oldest))
            {
                _waiting -= oldest.Waiting.Count;
            }
        }
    }

    private sealed class Trace
    {
        public bool IsKept { get; set; }

        public List<Activity> Waiting { get; } = [];
    }
}
