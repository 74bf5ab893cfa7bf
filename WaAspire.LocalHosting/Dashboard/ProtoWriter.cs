using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// Writes one protobuf message, field by field. The dashboard's protocol needs five kinds of value, which is no reason for
/// a package and a code generator. https://protobuf.dev/programming-guides/encoding/
/// </summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>Null is an absent field.</summary>
    public ProtoWriter Text(int field, string? value)
    {
        if (value is null)
            return this;
        Tag(field, Delimited);
        Number((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
        return this;
    }

    /// <summary>Null is an absent field; zero is written, because an optional field tells it from absence.</summary>
    public ProtoWriter Integer(int field, long? value)
    {
        if (value is not { } number)
            return this;
        Tag(field, Varint);
        Number((ulong)number);
        return this;
    }

    public ProtoWriter Flag(int field, bool value) => Integer(field, value ? 1 : 0);

    public ProtoWriter Double(int field, double value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
        return this;
    }

    /// <summary>google.protobuf.Timestamp: seconds=1, nanos=2. Null is an absent field.</summary>
    public ProtoWriter Time(int field, DateTime? utc)
    {
        if (utc is not { } time)
            return this;
        var since = time - DateTime.UnixEpoch;
        var seconds = (long)Math.Floor(since.TotalSeconds);
        return Message(field, new ProtoWriter().Integer(1, seconds).Integer(2, (since.Ticks - (seconds * TimeSpan.TicksPerSecond)) * TimeSpan.NanosecondsPerTick));
    }

    public ProtoWriter Message(int field, ProtoWriter message)
    {
        Tag(field, Delimited);
        Number((ulong)message.Bytes.Length);
        _bytes.Write(message.Bytes.Span);
        return this;
    }

    public ProtoWriter Messages<T>(int field, IEnumerable<T> items, Func<T, ProtoWriter> write)
    {
        foreach (var item in items)
            Message(field, write(item));
        return this;
    }

    private void Tag(int field, int kind) => Number((ulong)((field << 3) | kind));

    private void Number(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
