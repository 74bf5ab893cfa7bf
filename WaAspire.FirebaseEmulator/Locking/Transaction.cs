using System.Buffers.Binary;
using System.Security.Cryptography;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>
/// A read-only transaction sees one snapshot and locks nothing. A read-write one sees the newest documents and holds a
/// shared lock on all that it has read, missing documents and query ranges included, until it ends: nobody changes
/// what it knows. Its database's lock guards all of its state.
/// </summary>
internal sealed class Transaction
{
    private const int AgeBytes = 8;
    private const int RandomBytes = 12;

    /// <param name="age">Smaller is older. A transaction that tries again keeps the age of its first attempt.</param>
    public Transaction(ReadView? readOnlyView, long age, DateTimeOffset now)
    {
        (View, Age, Begun, LastUsed) = (readOnlyView, age, now, now);
        Span<byte> id = stackalloc byte[AgeBytes + RandomBytes];
        BinaryPrimitives.WriteInt64BigEndian(id, age);
        RandomNumberGenerator.Fill(id[AgeBytes..]);
        Id = Convert.ToBase64String(id);
    }

    public string Id { get; }

    public bool ReadOnly => View is not null;

    /// <summary>What a read-only transaction sees; null for a read-write one, which looks anew at each read.</summary>
    public ReadView? View { get; }

    public long Age { get; }

    public DateTimeOffset Begun { get; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Another transaction was let through in its place; it holds nothing any more.</summary>
    public bool IsAborted { get; set; }

    public HashSet<DocumentPath> Documents { get; } = [];

    public List<QueryLock> Queries { get; } = [];

    /// <summary>The age travels in the id, so that nobody needs to remember what an ended transaction was.</summary>
    public static long? AgeOf(byte[] id) => id.Length == AgeBytes + RandomBytes ? BinaryPrimitives.ReadInt64BigEndian(id) : null;
}
