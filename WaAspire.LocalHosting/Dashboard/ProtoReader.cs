using System.Buffers.Binary;
using System.Text;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>One field of a message: a number, or bytes that are a text or a message of their own.</summary>
internal readonly record struct ProtoField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes.Span);
}

/// <summary>Reads a message into its fields, unknown ones included: who asks takes what it knows.</summary>
internal static class ProtoReader
{
    /// <exception cref="InvalidDataException">These bytes are no message.</exception>
    public static IReadOnlyList<ProtoField> Fields(ReadOnlyMemory<byte> message)
    {
        var fields = new List<ProtoField>();
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            var number = (int)(tag >> 3);
            fields.Add((tag & 7) switch
            {
                0 => new(number, Varint(ref message), default),
                1 => new(number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref message, sizeof(ulong)).Span), default),
                2 => new(number, 0, Take(ref message, Varint(ref message))),
                5 => new(number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref message, sizeof(uint)).Span), default),
                _ => throw new InvalidDataException("This is no protobuf message."),
            });
        }

        return fields;
    }

    public static string TextOf(this IReadOnlyList<ProtoField> fields, int number) =>
        fields.LastOrDefault(f => f.Number == number) is { Number: > 0 } field ? field.Text : "";

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> message, ulong length)
    {
        if (length > (ulong)message.Length)
            throw new InvalidDataException("The message ends inside a field.");
        var taken = message[..(int)length];
        message = message[(int)length..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        var value = 0ul;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(ref message, 1).Span[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("A number has no end.");
    }
}
