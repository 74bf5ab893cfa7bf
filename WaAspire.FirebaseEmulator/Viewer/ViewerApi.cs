using System.Buffers;
using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Viewer;

/// <summary>
/// A page for the curious: collections and documents as they are now. It reads through this small surface, bounded at
/// every step, and changes nothing. Programs that look whether somebody is here still get Google's "Ok".
/// </summary>
internal sealed class ViewerApi(Databases databases)
{
    private const int MaxCollections = 500;
    private const int MaxDocuments = 100;
    private static readonly byte[] _page = ReadPage();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Results.Bytes(_page, "text/html; charset=utf-8")
            : Results.Text("Ok"));
        routes.MapGet("/emulator/v1/viewer/projects", () => Results.Json(databases.All.Select(database => database.Name.Project).Order(StringComparer.Ordinal)));
        routes.MapGet("/emulator/v1/viewer/collections", Collections);
        routes.MapGet("/emulator/v1/viewer/documents", Documents);
    }

    /// <summary>The collections right below a document, or at the root.</summary>
    private IResult Collections(string project, string? parent)
    {
        if (Find(project) is not { } database)
            return Results.NotFound();
        var prefix = string.IsNullOrEmpty(parent) ? "" : parent + "/";
        var snapshot = database.Read().Snapshot;
        var collections = snapshot.CollectionPaths
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => path[prefix.Length..].Split('/')[0]).Distinct(StringComparer.Ordinal)
            .Order(PathOrder.ById).Take(MaxCollections)
            .Select(id => new { id, documents = snapshot.CollectionAt(prefix + id).Count });
        return Results.Json(collections);
    }

    /// <summary>A page of a collection by name, behind a given id.</summary>
    private IResult Documents(string project, string collection, string? after)
    {
        if (Find(project) is not { } database || string.IsNullOrEmpty(collection))
            return Results.NotFound();
        var index = database.Read().Snapshot.CollectionAt(collection).ByName;
        var from = string.IsNullOrEmpty(after) ? 0 : index.Place(new([], new(collection, after), +1));
        var answer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(answer, ValueJson.Options))
        {
            json.WriteStartObject();
            json.WriteNumber("count", index.Count);
            json.WriteBoolean("more", from + MaxDocuments < index.Count);
            json.WriteStartArray("documents");
            for (var place = from; place < Math.Min(index.Count, from + MaxDocuments); place++)
                ValueJson.WriteDocument(json, database.Name, index[place]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Results.Bytes(answer.WrittenSpan.ToArray(), "application/json; charset=utf-8");
    }

    /// <summary>Looking must not make a project.</summary>
    private Database? Find(string project) => databases.All.FirstOrDefault(database => database.Name.Project == project);

    private static byte[] ReadPage()
    {
        using var stream = typeof(ViewerApi).Assembly.GetManifestResourceStream("viewer.html")!;
        var page = new byte[stream.Length];
        stream.ReadExactly(page);
        return page;
    }
}
