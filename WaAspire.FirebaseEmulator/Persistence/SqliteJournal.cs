using Microsoft.Data.Sqlite;

namespace WaAspire.FirebaseEmulator.Persistence;

/// <summary>
/// Writes changes through to SQLite in groups: while one group is being stored, the next gathers, and it goes out at
/// once when the disk is free. So a lone commit waits for one sync of the disk, and a thousand at a time share one.
/// What enters: changes in order. What leaves: the promise that they are stored. If we die, a group is there or not.
/// </summary>
internal sealed class SqliteJournal : IJournal, IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly SqliteStore _store;
    private readonly Action<Exception> _broken;
    private readonly Task _writer;
    private List<JournalEntry> _gathering = [];
    private TaskCompletionSource? _next;
    private TaskCompletionSource? _writing;
    private bool _closed;
    private bool _failed;

    /// <param name="broken">Told once if the disk fails: nothing can be promised from then on.</param>
    public SqliteJournal(SqliteStore store, Action<Exception> broken)
    {
        (_store, _broken) = (store, broken);
        _writer = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Append(JournalEntry entry)
    {
        lock (_lock)
        {
            _gathering.Add(entry);
            if (_next is not null)
                return;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _work.Release();
        }
    }

    /// <exception cref="IOException">The disk failed; what was appended may be lost.</exception>
    public Task StoredAsync()
    {
        lock (_lock)
            return _failed ? Task.FromException(Failure) : _next?.Task ?? _writing?.Task ?? Task.CompletedTask;
    }

    public void Dispose()
    {
        lock (_lock)
            _closed = true;
        _work.Release();
        _writer.Wait();
        _work.Dispose();
        _store.Dispose();
    }

    private void Write()
    {
        while (true)
        {
            _work.Wait();
            if (Take() is not { } group)
                return;
            try
            {
                _store.Apply(group);
            }
            catch (SqliteException failed)
            {
                // Not one of these changes may be called stored, and the memory is ahead of the disk for good.
                _broken(failed);
                Fail();
                return;
            }

            Done();
        }
    }

    private List<JournalEntry>? Take()
    {
        lock (_lock)
        {
            if (_next is null)
                return _closed ? null : [];
            (var group, _gathering) = (_gathering, []);
            (_writing, _next) = (_next, null);
            return group;
        }
    }

    private static IOException Failure => new("The data directory cannot be written.");

    private void Fail()
    {
        lock (_lock)
        {
            _failed = true;
            _writing?.TrySetException(Failure);
            _next?.TrySetException(Failure);
        }
    }

    private void Done()
    {
        TaskCompletionSource? stored;
        lock (_lock)
            (stored, _writing) = (_writing, null);
        stored?.TrySetResult();
    }
}
