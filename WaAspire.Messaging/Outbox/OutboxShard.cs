using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox;

/// <summary>
/// Which of 30 slices of the time-ordered indexes a thread writes to. An index over a growing value takes 500 writes a
/// second (https://firebase.google.com/docs/firestore/best-practices); thirty of them take 15,000, and one query may
/// name all thirty, because <c>in</c> allows that many values.
/// </summary>
public static class OutboxShard
{
    public const int Count = 30;

    public static readonly FieldFilter All =
        FieldFilter.In(OutboxFields.Shard, Enumerable.Range(0, Count).Select(shard => FirestoreValue.From((long)shard)));

    /// <summary>Stable for ever: the number is stored, and a thread's messages share it.</summary>
    public static int Of(string threadId) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(threadId))) % Count);
}
