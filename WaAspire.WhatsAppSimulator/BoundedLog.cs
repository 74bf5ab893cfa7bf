namespace WaAspire.WhatsAppSimulator;

/// <summary>
/// A log in order of arrival that forgets its oldest entries, counted, when it holds too many or too large ones.
/// Sequence numbers grow for the life of the process and survive <see cref="Clear"/>.
/// </summary>
internal sealed class BoundedLog<T>(int max, long bytesMax, Func<T, long> size)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _entries = [];
    private long _last;
    private long _bytes;
    private long _dropped;

    public T Append(Func<long, T> create)
    {
        lock (_gate)
        {
            var entry = create(++_last);
            _entries.Enqueue(entry);
            _bytes += size(entry);
            while (_entries.Count > max || (_bytes > bytesMax && _entries.Count > 1))
            {
                _bytes -= size(_entries.Dequeue());
                _dropped++;
            }

            return entry;
        }
    }

    /// <summary>Entries whose sequence is greater than <paramref name="after"/>, oldest first.</summary>
    public IReadOnlyList<T> After(long after, int limit)
    {
        lock (_gate)
        {
            // Sequences of held entries are gapless, so the number to skip is arithmetic.
            var first = _last - _entries.Count + 1;
            var skip = (int)Math.Clamp(after - first + 1, 0, _entries.Count);
            return [.. _entries.Skip(skip).Take(limit)];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _bytes = 0;
            _dropped = 0;
        }
    }

    public LogState State()
    {
        lock (_gate)
            return new(_entries.Count, _last, _dropped, _bytes);
    }
}

internal sealed record LogState(int Count, long LastSequence, long Dropped, long Bytes);
