using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;
using WaAspire.Messaging.Telemetry;
using WaAspire.ServiceDefaults.Tracing;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>Which spans leave a process.</summary>
public sealed class SamplingTests : IDisposable
{
    private readonly string _name = $"Test.{Guid.NewGuid():N}";
    private readonly ActivitySource _source;
    private readonly KeptSpans _kept = new();
    private TracerProvider? _provider;

    public SamplingTests() => _source = new(_name);

    private IEnumerable<string> Names => _kept.Exported.Select(span => span.OperationName);

    public void Dispose()
    {
        _provider?.Dispose();
        _source.Dispose();
    }

    [Theory]
    [InlineData(null, null, true, true, false)]
    [InlineData("always_on", null, true, true, true)]
    [InlineData("always_off", null, false, false, false)]
    [InlineData("parentbased_always_off", null, false, true, false)]
    [InlineData("traceidratio", "0", false, false, false)]
    [InlineData("traceidratio", "1", true, true, true)]
    [InlineData("parentbased_traceidratio", "0", false, true, false)]
    [InlineData("parentbased_traceidratio", "2", true, true, false)]
    [InlineData("nonsense", null, true, true, false)]
    public void the_samplers_words_mean_what_opentelemetry_says(string? sampler, string? argument, bool root, bool underChosen, bool underNotChosen)
    {
        Start(sampler, argument);

        foreach (var (name, parent) in new[] { ("root", default), ("chosen", Remote(ActivityTraceFlags.Recorded)), ("not chosen", Remote(ActivityTraceFlags.None)) })
        {
            using var span = _source.StartActivity(name, ActivityKind.Internal, parent);
            Assert.True(span!.IsAllDataRequested);
        }

        Assert.Equal(new[] { ("root", root), ("chosen", underChosen), ("not chosen", underNotChosen) }.Where(row => row.Item2).Select(row => row.Item1), Names);
    }

    [Fact]
    public void what_waited_of_a_trace_leaves_with_its_failure_and_what_comes_later_too()
    {
        Start("always_off");
        using (var root = _source.StartActivity("root"))
        {
            _source.StartActivity("before")!.Dispose();
            Assert.Empty(Names);

            using (var failing = _source.StartActivity("failing"))
            {
                failing!.SetStatus(ActivityStatusCode.Error);
            }

            Assert.Equal(["before", "failing"], Names);
            _source.StartActivity("after")!.Dispose();
        }

        _source.StartActivity("another trace", ActivityKind.Internal, Remote(ActivityTraceFlags.None))!.Dispose();
        Assert.Equal(["before", "failing", "after", "root"], Names);
    }

    [Fact]
    public void a_message_that_did_not_go_straight_through_is_kept_by_its_tag()
    {
        Start("always_off");
        Assert.Equal(MessageTrace.KeepTag, FailuresKept.KeepTag);

        _source.StartActivity("retried")!.SetTag(MessageTrace.KeepTag, true).Dispose();

        Assert.Equal(["retried"], Names);
    }

    [Fact]
    public void what_waits_is_bounded_and_the_oldest_trace_goes_first()
    {
        Start("always_off");
        var (oldest, newest) = (Remote(ActivityTraceFlags.None), Remote(ActivityTraceFlags.None));
        End("of the oldest", oldest);
        for (var i = 0; i < FailuresKept.SpansMax; i++)
        {
            End("of many", Remote(ActivityTraceFlags.None));
        }

        for (var i = 0; i < FailuresKept.SpansOfTraceMax * 2; i++)
        {
            End("of the newest", newest);
        }

        End("fails", oldest, ActivityStatusCode.Error);
        Assert.Equal(["fails"], Names);
        End("fails", newest, ActivityStatusCode.Error);
        Assert.Equal(FailuresKept.SpansOfTraceMax, Names.Count(name => name == "of the newest"));
    }

    [Fact]
    public void what_is_kept_is_remembered_for_a_bounded_number_of_traces()
    {
        Start("always_off");
        var (oldest, newest) = (Remote(ActivityTraceFlags.None), Remote(ActivityTraceFlags.None));
        End("fails", oldest, ActivityStatusCode.Error);
        for (var i = 1; i < FailuresKept.SpansMax; i++)
        {
            End("fails", Remote(ActivityTraceFlags.None), ActivityStatusCode.Error);
        }

        End("still known", oldest);
        End("fails", newest, ActivityStatusCode.Error);
        End("forgotten", oldest);
        End("known", newest);

        Assert.Equal(["still known", "fails", "known"], Names.Skip(FailuresKept.SpansMax));
    }

    [Theory]
    [InlineData("http://x:1/v1/projects/p/databases/(default)/documents/threads/account__40712345678@s.whatsapp.net:runQuery", "http://x:1/v1/projects/p/databases/(default)/documents/threads/*:runQuery")]
    [InlineData("http://x:54321/v25.0/100000000000001/messages", "http://x:54321/v25.0/*/messages")]
    [InlineData("/api/threads/a%40lid/messages", "/api/threads/*/messages")]
    [InlineData("/readyz", "/readyz")]
    public void an_address_does_not_tell_whom_it_concerns(string address, string shown)
    {
        using var mask = new PathMask();
        using var span = new Activity("request");
        span.SetTag("url.full", address);

        mask.OnEnd(span);

        Assert.Equal(shown, span.GetTagItem("url.full"));
    }

    private static ActivityContext Remote(ActivityTraceFlags flags) => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

    private void End(string name, ActivityContext parent, ActivityStatusCode status = ActivityStatusCode.Unset)
    {
        using var span = _source.StartActivity(name, ActivityKind.Internal, parent);
        span!.SetStatus(status);
    }

    private void Start(string? sampler, string? argument = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_TRACES_SAMPLER"] = sampler, ["OTEL_TRACES_SAMPLER_ARG"] = argument }).Build();
        _provider = KeptSpans.Watch(TraceSampling.Of(configuration), [_name], new FailuresKept(_kept));
    }
}
