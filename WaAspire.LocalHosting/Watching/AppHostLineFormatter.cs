using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace WaAspire.LocalHosting.Watching;

/// <summary>The host's own lines look like a child's: <c>apphost | message</c>.</summary>
internal sealed class AppHostLineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "apphost";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var mark = logEntry.LogLevel >= LogLevel.Warning ? "! " : "";
        textWriter.WriteLine($"apphost | {mark}{logEntry.Formatter(logEntry.State, logEntry.Exception)}");
        if (logEntry.Exception is { } fault)
            textWriter.WriteLine(fault);
    }
}
