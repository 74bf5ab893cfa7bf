using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using StackExchange.Redis;

namespace WaAspire.ServiceDefaults.Tracing;

/// <summary>
/// What Redis was asked on behalf of a span, as spans below it. Enters: each command that is made under a recorded span.
/// Leaves: when that span ends, one span for each command that was answered by then, with its name and its place and no
/// more: keys and arguments hold thread ids, and those hold phone numbers. A command under no span makes none: loops ask
/// all day. If we die here, the commands are gone with the span they belong to.
/// </summary>
/// <remarks>
/// The source's name is that of the instrumentation which Aspire's client takes. From StackExchange.Redis 2 on, a
/// profiling session takes the place of the context, and durations need no conversion.
/// </remarks>
internal sealed class RedisSpans : BaseProcessor<Activity>, IProfiler
{
    public const string SourceName = "OpenTelemetry.Instrumentation.StackExchangeRedis";
    private const int CommandsMax = 100;
    private static readonly ActivitySource _source = new(SourceName);
    private readonly Lock _gate = new();

    // Weak, so that a span that never ends is nobody's burden.
    private readonly ConditionalWeakTable<Activity, IConnectionMultiplexer> _asked = [];
    private IConnectionMultiplexer? _redis;

    public void Watch(IConnectionMultiplexer redis)
    {
        _redis = redis;
        redis.RegisterProfiler(this);
    }

    /// <summary>Asked at each command, where it is made; null: nobody wants to know.</summary>
    public object? GetContext()
    {
        if (!_source.HasListeners() || Activity.Current is not { IsAllDataRequested: true, IsStopped: false } span)
        {
            return null;
        }

        lock (_gate)
        {
            if (_asked.TryAdd(span, _redis!))
            {
                _redis!.BeginProfiling(span);
            }
        }

        return span;
    }

    public override void OnEnd(Activity data)
    {
        if (!_asked.TryGetValue(data, out var redis) || !_asked.Remove(data))
        {
            return;
        }

        foreach (var command in redis.FinishProfiling(data).Take(CommandsMax))
        {
            Show(command, data.Context);
        }
    }

    private static void Show(IProfiledCommand command, ActivityContext parent)
    {
        var start = DateTime.SpecifyKind(command.CommandCreated, DateTimeKind.Utc);
        using var span = _source.StartActivity(command.Command, ActivityKind.Client, parent, startTime: start);
        if (span is null)
        {
            return;
        }

        var (address, port) = command.EndPoint switch
        {
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            DnsEndPoint dns => (dns.Host, dns.Port),
            _ => ("redis", 0),
        };
        span.SetTag("db.system.name", "redis").SetTag("db.operation.name", command.Command).SetTag("db.namespace", command.Db.ToString());
        span.SetTag("server.address", address).SetTag("server.port", port);
        // This version hands out a stopwatch's ticks as if they were those of a TimeSpan. A duration of zero would mean "now".
        var took = TimeSpan.FromSeconds((double)command.ElapsedTime.Ticks / Stopwatch.Frequency);
        span.SetEndTime(start + (took > TimeSpan.Zero ? took : TimeSpan.FromTicks(1)));
    }
}
