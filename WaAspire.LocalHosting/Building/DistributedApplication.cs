using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WaAspire.LocalHosting.Building;
using WaAspire.LocalHosting.Testing;

namespace Aspire.Hosting;

/// <summary>
/// The application as a host. Ctrl-C and SIGTERM end it in order (dependants first); kill -9 leaves the children to their
/// guards, see Running/guard.sh. A fault that a person can mend ends it with one sentence and exit code 1.
/// </summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EntryPointHook? _hook;
    private int _disposed;

    public DistributedApplication(IHost host) : this(host, hook: null)
    {
    }

    internal DistributedApplication(IHost host, EntryPointHook? hook) => (_host, _hook) = (host, hook);

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) => new DistributedApplicationBuilder(options);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_hook is not null)
        {
            await _hook.Ended.WaitAsync(cancellationToken); // the test starts and stops the application
            return;
        }

        try
        {
            await _host.RunAsync(cancellationToken);
        }
        catch (DistributedApplicationException fault)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            Environment.ExitCode = 1;
        }
    }

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        try
        {
            await _host.StopAsync();
        }
        finally
        {
            await ((IAsyncDisposable)_host).DisposeAsync();
            _hook?.End();
        }
    }
}
