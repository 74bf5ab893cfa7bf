namespace WaAspire.Tests.Kit;

/// <summary>Where tests leave what people may want to look at: <c>artifacts/</c> at the root, which git ignores.</summary>
public static class Artifacts
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string Folder { get; } = Directory.CreateDirectory(Path.Combine(Root, "artifacts")).FullName;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WaAspire.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? Directory.GetCurrentDirectory();
    }
}
