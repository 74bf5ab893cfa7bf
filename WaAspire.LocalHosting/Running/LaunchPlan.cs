using System.Globalization;
using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace WaAspire.LocalHosting.Running;

/// <summary>What a resource runs, before ports and values are known. Making one fails with a sentence if it could never run.</summary>
internal sealed record LaunchPlan(string Command, IReadOnlyList<string> Arguments, string WorkingDirectory);

/// <summary>Enters: a resource. Leaves: the command for it. Asked for every resource before the first one starts.</summary>
internal static class LaunchPlanner
{
    // One build makes this library, the AppHost and the services, so they share a configuration.
    private static readonly string s_configuration =
        typeof(LaunchPlanner).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    public static bool IsProcess(IResource resource) => resource is ProjectResource or ExecutableResource or RedisResource;

    public static LaunchPlan For(IResource resource) => resource switch
    {
        ProjectResource project => ForProject(project),
        ExecutableResource executable => ForExecutable(executable),
        RedisResource redis => RedisLaunch.Plan(redis),
        _ => throw new DistributedApplicationException($"'{resource.Name}' is of a kind that only Microsoft's packages can run."),
    };

    // Aspire says `dotnet run --no-build`, which is one more process per child and a second more at each start.
    private static LaunchPlan ForProject(ProjectResource project)
    {
        var csproj = project.Annotations.OfType<IProjectMetadata>().Single().ProjectPath;
        var (directory, name) = (Path.GetDirectoryName(csproj)!, Path.GetFileNameWithoutExtension(csproj));
        var framework = string.Create(CultureInfo.InvariantCulture, $"net{Environment.Version.Major}.{Environment.Version.Minor}");
        var assembly = Path.Combine(directory, "bin", s_configuration, framework, $"{name}.dll");
        return File.Exists(assembly)
            ? new(Executables.Dotnet, [assembly], directory)
            : throw new DistributedApplicationException(
                $"{name} is not built: run 'dotnet build {csproj} --configuration {s_configuration}' first.");
    }

    private static LaunchPlan ForExecutable(ExecutableResource executable)
    {
        var command = executable.Command.Contains('/', StringComparison.Ordinal)
            ? Path.GetFullPath(executable.Command, executable.WorkingDirectory)
            : executable.Command;
        return Executables.Find(command) is { } found
            ? new(found, [], executable.WorkingDirectory)
            : throw new DistributedApplicationException($"'{executable.Name}' cannot start: there is no executable '{executable.Command}'.");
    }

}
