using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using WaAspire.WhatsAppSimulator;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class SimulatorProcessTests
{
    [Fact]
    public async Task the_program_runs_alone_on_the_port_it_is_given_and_dies_cleanly()
    {
        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("dotnet", [typeof(SimulatorHost).Assembly.Location, "--port", port])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("WHATSAPP_ACCESS_TOKEN");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        http.DefaultRequestHeaders.Add("Authorization", "Bearer any");
        try
        {
            await Eventually.GetAsync(() => IsUpAsync(http), up => up);
            using var response = await http.PostAsJsonAsync($"/v25.0/{Simulator.Number}/messages", Simulator.Text("private words"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("WhatsApp Simulator", await http.GetStringAsync("/"), StringComparison.Ordinal);

            using var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(0, process.ExitCode);
            var log = await output + await errors;
            Assert.Single(log.Split('\n'), line => line.Contains("WHATSAPP_ACCESS_TOKEN is not set", StringComparison.Ordinal));
            Assert.DoesNotContain("private words", log, StringComparison.Ordinal);
            Assert.DoesNotContain(Simulator.Person, log, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static async Task<bool> IsUpAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync("/health");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
