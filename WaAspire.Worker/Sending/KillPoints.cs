using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace WaAspire.Worker.Sending;

/// <summary>
/// Marks an await at which a test may kill this process, to see that what it leaves behind is lawful. Without
/// <c>WAASPIRE_KILL_AT</c> (<c>File.cs:line:started</c> or <c>File.cs:line:ended</c>) it is the task itself, and the
/// compiler's second look removes the call. A test reads the sources and insists that every await of the send path has one.
/// </summary>
internal static class KillPoints
{
    private static readonly string? _killAt = Environment.GetEnvironmentVariable("WAASPIRE_KILL_AT");

    public static Task KillPoint(this Task task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        _killAt is null ? task : WatchAsync(task, $"{Path.GetFileName(file)}:{line}");

    public static Task<T> KillPoint<T>(this Task<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        _killAt is null ? task : WatchAsync(task, $"{Path.GetFileName(file)}:{line}");

    private static async Task WatchAsync(Task task, string point)
    {
        DieAt(point + ":started");
        await task;
        DieAt(point + ":ended");
    }

    private static async Task<T> WatchAsync<T>(Task<T> task, string point)
    {
        await WatchAsync((Task)task, point);
        return await task;
    }

    /// <summary>As <c>kill -9</c> does it: no handler, no flush, no good-bye.</summary>
    private static void DieAt(string instant)
    {
        if (instant == _killAt)
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
