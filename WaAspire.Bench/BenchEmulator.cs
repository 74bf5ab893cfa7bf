using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WaAspire.FirebaseEmulator;

namespace WaAspire.Bench;

/// <summary>The emulator as a process of its own, so that its memory is its own.</summary>
internal sealed class BenchEmulator : IAsyncDisposable
{
    public const int BatchSize = 500;
    private const string Documents = "projects/bench/databases/(default)/documents";
    private const int Fillers = 4;
    private const string Query = """
        {"structuredQuery":{"from":[{"collectionId":"COLLECTION"}],"where":{"fieldFilter":{"field":{"fieldPath":"status"},"op":"EQUAL","value":{"stringValue":"queued"}}},
        "orderBy":[{"field":{"fieldPath":"dueAt"}}],"limit":10}}
        """;

    private const int Limit = 10;

    private readonly Process _process;
    private readonly HttpClient _http;

    private BenchEmulator(Process process, HttpClient http) => (_process, _http) = (process, http);

    /// <summary>By Firestore's own count: name, names of fields, values and 32 bytes.</summary>
    public static int ContentBytes { get; } =
        "bench/large/0000000".Length + 17 + 32 + "status".Length + 1 + "queued".Length + 1 + "dueAt".Length + 1 + 8 + "n".Length + 1 + 8 + "text".Length + 1 + 24 + 1;

    public long MemoryBytes => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture) * 1024;

    public static async Task<BenchEmulator> StartAsync(params string[] arguments)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(EmulatorHost).Assembly.Location, "--port", $"{port}", "--no-index-check", .. arguments])
        {
            RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var emulator = new BenchEmulator(process, new() { BaseAddress = new($"http://127.0.0.1:{port}") });
        while (!await emulator.IsUpAsync())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        return emulator;
    }

    public Task FillAsync(string collection, int from, int count) => Parallel.ForAsync(
        0, (count + BatchSize - 1) / BatchSize, new ParallelOptions { MaxDegreeOfParallelism = Fillers }, async (batch, _) =>
        {
            var start = from + (batch * BatchSize);
            var writes = Enumerable.Range(start, Math.Min(BatchSize, from + count - start)).Select(number => Write(collection, number));
            await PostAsync($"/v1/{Documents}:commit", $$"""{"writes":[{{string.Join(',', writes)}}]}""");
        });

    public async Task QueryAsync(string collection)
    {
        var answer = await PostAsync($"/v1/{Documents}:runQuery", Query.Replace("COLLECTION", collection, StringComparison.Ordinal));
        if (answer.AsSpan().Count("\"document\""u8) != Limit)
            throw new InvalidOperationException("The query did not find what it should.");
    }

    public Task CommitOneAsync(string collection, int number) =>
        PostAsync($"/v1/{Documents}:commit", $$"""{"writes":[{{Write(collection, 100_000_000 + number)}}]}""");

    public Task PostNothingAsync() => PostAsync("/health", "{}");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Write(string collection, int number) => $$"""
        {"update":{"name":"{{Documents}}/{{collection}}/{{number:d7}}","fields":{"status":{"stringValue":"{{(number % 2 == 0 ? "queued" : "sent")}}"},
        "dueAt":{"timestampValue":"{{DateTimeOffset.UnixEpoch.AddSeconds(number % 1_000_003):O}}"},"n":{"integerValue":"{{number}}"},"text":{"stringValue":"a text of {{number,14}}"} } } }
        """.Replace("0+00:00", "Z", StringComparison.Ordinal);

    private async Task<byte[]> PostAsync(string address, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(address, content);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
        return await response.Content.ReadAsByteArrayAsync();
    }

    private async Task<bool> IsUpAsync()
    {
        try
        {
            using var response = await _http.GetAsync("/health");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
