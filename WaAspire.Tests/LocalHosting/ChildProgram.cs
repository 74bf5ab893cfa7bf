using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace WaAspire.Tests.LocalHosting;

/// <summary>
/// The test assembly as a child: <c>dotnet WaAspire.Tests.dll</c>. A web service that tells who it is and what it was
/// given, and can be told to end, so that tests of the host have a real project to run. With <c>simulate</c> it is the
/// simulation's command line.
/// </summary>
internal static class ChildProgram
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["simulate", .. var arguments])
            return Simulation.SimulateCommand.Run(arguments);

        var app = WebApplication.CreateSlimBuilder(args).Build();
        app.MapGet("/pid", () => Results.Text($"{Environment.ProcessId}"));
        app.MapGet("/environment/{name}", (string name) => Results.Text(Environment.GetEnvironmentVariable(name) ?? "(none)"));
        app.MapGet("/directory", () => Results.Text(Environment.CurrentDirectory));
        app.MapGet("/health", () => Results.Ok());
        app.MapPost("/exit/{code:int}", (int code, IHostApplicationLifetime lifetime) =>
        {
            Environment.ExitCode = code;
            lifetime.StopApplication();
        });
        await app.RunAsync();
        Debug.WriteLine("ended");
        return Environment.ExitCode;
    }
}
