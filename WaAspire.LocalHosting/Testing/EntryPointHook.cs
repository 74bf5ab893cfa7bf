using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using WaAspire.LocalHosting.Building;

namespace WaAspire.LocalHosting.Testing;

/// <summary>
/// Runs an AppHost's own Main for a test and stops it twice: at Build, so that the test may change the model, and at Run,
/// because the test starts and ends the application. Bound to the thread's flow, so tests do not meet each other.
/// </summary>
internal sealed class EntryPointHook(Assembly assembly, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
{
    private static readonly AsyncLocal<EntryPointHook?> s_current = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointHook? Current => s_current.Value;

    public Assembly Assembly { get; } = assembly;

    public Task Ended => _ended.Task;

    /// <summary>What the test wishes of the builder before it exists.</summary>
    public Action<DistributedApplicationOptions, HostApplicationBuilderSettings> Configure { get; } = configure;

    public Task<DistributedApplicationBuilder> RunMainAsync(string[] args)
    {
        var main = Assembly.EntryPoint ?? throw new InvalidOperationException($"{Assembly.GetName().Name} has no entry point.");
        new Thread(() => RunMain(main, args)) { IsBackground = true, Name = $"Main of {Assembly.GetName().Name}" }.Start();
        return _builder.Task;
    }

    public Task<DistributedApplication> BuildAsync()
    {
        _mayBuild.TrySetResult();
        return _application.Task;
    }

    /// <summary>Main goes on after Run, or ends at Build if the test never built.</summary>
    public void End()
    {
        _ended.TrySetResult();
        _mayBuild.TrySetCanceled();
    }

    public void HandOverBuilder(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void HandOver(DistributedApplication application) => _application.TrySetResult(application);

    private void RunMain(MethodInfo main, string[] args)
    {
        s_current.Value = this;
        var fault = Invoke(main, args) ?? new InvalidOperationException("Main ended without building an application.");
        _builder.TrySetException(fault);
        _application.TrySetException(fault);
        // Who has the builder or the application already hears of it by them; nobody must hear of it twice.
        _ = _builder.Task.Exception;
        _ = _application.Task.Exception;
    }

    private static Exception? Invoke(MethodInfo main, string[] args)
    {
        try
        {
            var result = main.Invoke(null, main.GetParameters().Length == 0 ? [] : [args]);
            (result as Task)?.GetAwaiter().GetResult();
            return null;
        }
        catch (TargetInvocationException fault) when (fault.InnerException is { } inner)
        {
            return inner;
        }
        catch (Exception fault)
        {
            return fault;
        }
    }
}
