using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Persistence;

namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>What tests, chaos runs and curious operators turn and read: faults, statistics, histories, and the wipe.</summary>
internal sealed class OperationsApi(Databases databases, AuthUsers users, IJournal journal, Faults faults, Statistics statistics)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new DurationConverter() },
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/health", [HttpMethods.Get, HttpMethods.Post], () => Results.Json(new { status = "healthy" }));
        var emulator = routes.MapGroup("/emulator/v1");
        emulator.MapGet("/faults", () => Results.Json(faults.Plan, Json));
        emulator.MapPut("/faults", ReplaceFaultsAsync);
        emulator.MapDelete("/faults", () => faults.Replace(new()) is null ? Results.NoContent() : Results.BadRequest());
        emulator.MapGet("/statistics", () => Results.Json(statistics.Report(), Json));
        emulator.MapDelete("/statistics", ResetStatistics);
        emulator.MapGet("/history/{**path}", History);
        emulator.MapDelete("/projects/{project}/databases/{database}/documents", ClearDocuments);
        emulator.MapDelete("/projects/{project}/accounts", ClearAccounts);
    }

    private async Task<IResult> ReplaceFaultsAsync(HttpRequest request)
    {
        try
        {
            var plan = await JsonSerializer.DeserializeAsync<FaultPlan>(request.Body, Json, request.HttpContext.RequestAborted);
            return faults.Replace(plan ?? new()) is { } reason ? Results.BadRequest(new { error = reason }) : Results.Json(faults.Plan, Json);
        }
        catch (JsonException unreadable)
        {
            return Results.BadRequest(new { error = unreadable.Message });
        }
    }

    private IResult ResetStatistics()
    {
        statistics.Reset();
        return Results.NoContent();
    }

    private IResult History(string path, string project)
    {
        if (path.Split('/') is not [_, _, ..] segments || segments.Length % 2 != 0 || segments.Contains(""))
            return Results.BadRequest(new { error = "The path of a document is needed." });
        var database = databases.Of(project);
        var answer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(answer, ValueJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("versions");
            foreach (var version in database.History.Of(DocumentPath.Parse(path)))
                WriteVersion(json, database.Name, version);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Results.Bytes(answer.WrittenSpan.ToArray(), "application/json; charset=UTF-8");
    }

    private static void WriteVersion(Utf8JsonWriter json, DatabaseName database, DocumentVersion version)
    {
        json.WriteStartObject();
        json.WriteString("commitTime", Timestamps.Format(version.CommitTime));
        if (version.Document is { } document)
        {
            json.WritePropertyName("document");
            ValueJson.WriteDocument(json, database, document);
        }
        else
        {
            json.WriteBoolean("deleted", true);
        }

        json.WriteEndObject();
    }

    private async Task<IResult> ClearDocuments(string project)
    {
        databases.Of(project).Clear();
        await journal.StoredAsync();
        return Results.Json(new { });
    }

    private async Task<IResult> ClearAccounts(string project)
    {
        users.Clear(project);
        await journal.StoredAsync();
        return Results.Json(new { });
    }

    /// <summary>A duration is milliseconds or <c>hh:mm:ss.fff</c>.</summary>
    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number)
                return TimeSpan.FromMilliseconds(reader.GetDouble());
            return TimeSpan.TryParse(reader.GetString(), CultureInfo.InvariantCulture, out var duration)
                ? duration
                : throw new JsonException("A duration is milliseconds or hh:mm:ss.");
        }

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString("c", CultureInfo.InvariantCulture));
    }
}
