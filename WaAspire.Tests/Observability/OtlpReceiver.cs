using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.Observability;

/// <summary>One span as it was exported.</summary>
public sealed record ReceivedSpan(
    string Service, string Source, string Name, string TraceId, string Id, string ParentId, int Kind, int Status, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> LinkedTraces);

/// <summary>A collector over OTLP (http/protobuf) that keeps every span, read by the numbers of opentelemetry/proto/trace/v1/trace.proto.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _bodies = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public IReadOnlyList<ReceivedSpan> Spans => [.. _bodies.SelectMany(body => Messages(body, 1)).SelectMany(SpansOf)];

    /// <summary>All that came, as it came: for what must not be in it.</summary>
    public string Raw => string.Concat(_bodies.Select(Encoding.UTF8.GetString));

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/{signal}", receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> TakeAsync(string signal, HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (signal == "traces")
        {
            _bodies.Enqueue(body.ToArray());
        }

        return Results.Bytes([], "application/x-protobuf");
    }

    private static IEnumerable<ReceivedSpan> SpansOf(ReadOnlyMemory<byte> ofResource)
    {
        var service = Tags(Messages(ofResource, 1).Single(), 1).GetValueOrDefault("service.name", "");
        return from scope in Messages(ofResource, 2)
               let source = Messages(scope, 1).SelectMany(about => Messages(about, 1)).Select(Text).SingleOrDefault("")
               from span in Messages(scope, 2)
               select new ReceivedSpan(
                   service, source, Text(Messages(span, 5).Single()), Hex(Messages(span, 1)), Hex(Messages(span, 2)), Hex(Messages(span, 4)), Number(span, 6),
                   Messages(span, 15).Sum(status => Number(status, 3)), Tags(span, 9), [.. Messages(span, 13).Select(link => Hex(Messages(link, 1)))]);
    }

    /// <summary>AnyValue: 1 text, 2 yes or no, 3 whole number, 4 number.</summary>
    private static Dictionary<string, string> Tags(ReadOnlyMemory<byte> holder, int number) => Messages(holder, number).ToDictionary(
        pair => Text(Messages(pair, 1).Single()),
        pair => Fields(Messages(pair, 2).Single()) is [var value, ..]
            ? value.Number switch
            {
                1 => Text(value.Bytes),
                4 => BitConverter.UInt64BitsToDouble(value.Value).ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
            }
            : "");

    private static IEnumerable<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int number) => Fields(message).Where(field => field.Number == number).Select(field => field.Bytes);

    private static int Number(ReadOnlyMemory<byte> message, int number) => (int)Fields(message).Where(field => field.Number == number).Select(field => field.Value).LastOrDefault();

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static string Hex(IEnumerable<ReadOnlyMemory<byte>> bytes) => string.Concat(bytes.Select(part => Convert.ToHexStringLower(part.Span)));

    private static List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        var fields = new List<(int, ulong, ReadOnlyMemory<byte>)>();
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            var length = (tag & 7) switch { 1 => 8, 2 => (int)Varint(ref message), 5 => 4, _ => 0 };
            var value = (tag & 7) switch
            {
                0 => Varint(ref message),
                1 => BinaryPrimitives.ReadUInt64LittleEndian(message.Span),
                5 => BinaryPrimitives.ReadUInt32LittleEndian(message.Span),
                _ => 0ul,
            };
            fields.Add(((int)(tag >> 3), value, message[..length]));
            message = message[length..];
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        var (value, shift) = (0ul, 0);
        byte next;
        do
        {
            next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 0x7f) << shift;
            shift += 7;
        }
        while (next >= 0x80);
        return value;
    }
}
