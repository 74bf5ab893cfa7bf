using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace WaAspire.ServiceDefaults;

/// <summary>
/// Log levels that somebody changed while the process runs, each for a bounded time; then the configured ones hold again.
/// Only for our own categories: what others log at their finest may name people (an address that is asked for holds a
/// thread id), ours never does. If the process dies, they are gone, and the configuration holds.
/// </summary>
public sealed class LogLevels(TimeProvider time) : IPostConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    public const string Ours = "WaAspire";
    public const int CountMax = 20;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Change> _changes = new(StringComparer.Ordinal);
    private CancellationTokenSource _changed = new();

    public string Name => Options.DefaultName;

    /// <summary>What is changed now.</summary>
    public IReadOnlyList<(string Category, LogLevel Level, DateTimeOffset Until)> Current
    {
        get
        {
            lock (_gate)
            {
                return [.. _changes.Select(change => (change.Key, change.Value.Level, change.Value.Until))];
            }
        }
    }

    public static bool IsLawful(string? category) =>
        category is { Length: <= 200 } && (category == Ours || category.StartsWith(Ours + ".", StringComparison.Ordinal));

    /// <returns>False when there are too many changes already.</returns>
    public bool Set(string category, LogLevel level, TimeSpan duration)
    {
        lock (_gate)
        {
            if (!_changes.ContainsKey(category) && _changes.Count >= CountMax)
            {
                return false;
            }

            Forget_NeedsLock(category);
            var change = new Change(level, time.GetUtcNow() + duration);
            change.Timer = time.CreateTimer(_ => End(category, change), null, duration, Timeout.InfiniteTimeSpan);
            _changes[category] = change;
        }

        Announce();
        return true;
    }

    /// <summary>Behind all configured rules: of two for one category the last one holds.</summary>
    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        foreach (var (category, level, _) in Current)
        {
            options.Rules.Add(new LoggerFilterRule(null, category, level, null));
        }
    }

    public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var category in _changes.Keys.ToList())
            {
                Forget_NeedsLock(category);
            }
        }

        _changed.Dispose();
    }

    private void End(string category, Change change)
    {
        lock (_gate)
        {
            if (_changes.GetValueOrDefault(category) != change)
            {
                return;
            }

            Forget_NeedsLock(category);
        }

        Announce();
    }

    private void Forget_NeedsLock(string category)
    {
        if (_changes.Remove(category, out var before))
        {
            before.Timer?.Dispose();
        }
    }

    private void Announce()
    {
        using var before = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
        before.Cancel();
    }

    private sealed class Change(LogLevel level, DateTimeOffset until)
    {
        public LogLevel Level => level;

        public DateTimeOffset Until => until;

        public ITimer? Timer { get; set; }
    }
}
