using System.Globalization;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// The folder in which this worker's gateway keeps events that are not stored yet. Workers of one machine have one each;
/// whoever starts takes the first that nobody holds, and with it what its former holder left. Held by an open file: the
/// system lets go of it when we die.
/// </summary>
internal sealed class GatewaySpool : IDisposable
{
    private const int FoldersMax = 256;
    private readonly FileStream _hold;

    private GatewaySpool(string folder, FileStream hold) => (Folder, _hold) = (folder, hold);

    public string Folder { get; }

    /// <exception cref="IOException">Every folder is held.</exception>
    public static GatewaySpool Take(string root)
    {
        Directory.CreateDirectory(root);
        for (var number = 0; number < FoldersMax; number++)
        {
            var folder = Path.Combine(Path.GetFullPath(root), number.ToString(CultureInfo.InvariantCulture));
            try
            {
                return new GatewaySpool(folder, new FileStream(folder + ".held", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // Another worker's.
            }
        }

        throw new IOException("Every spool folder is held.");
    }

    public void Dispose() => _hold.Dispose();
}
