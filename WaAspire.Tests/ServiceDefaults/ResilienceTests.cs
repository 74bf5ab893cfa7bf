using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>What every client of the factory does by default, against a real server that is not always well.</summary>
public sealed class ResilienceTests : IAsyncLifetime
{
    private readonly List<string> _lines = [];
    private WebApplication _server = null!;
    private IHost _host = null!;
    private HttpClient _client = null!;
    private int _calls;
    private Func<int, HttpContext, int> _answer = (_, _) => 200;

    public async Task InitializeAsync()
    {
        var server = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None"]);
        _server = server.Build();
        _server.Run(http =>
        {
            http.Response.StatusCode = _answer(Interlocked.Increment(ref _calls), http);
            return Task.CompletedTask;
        });
        await _server.StartAsync();

        var builder = Host.CreateApplicationBuilder();
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(_lines));
        _host = builder.Build();
        _client = _host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("any");
        _client.BaseAddress = new Uri(_server.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _host.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", 503, 3)]
    [InlineData("GET", 502, 3)]
    [InlineData("HEAD", 504, 3)]
    [InlineData("OPTIONS", 503, 3)]
    [InlineData("GET", 404, 1)]
    [InlineData("GET", 429, 1)]
    [InlineData("POST", 503, 1)]
    [InlineData("PUT", 503, 1)]
    [InlineData("PATCH", 502, 1)]
    [InlineData("DELETE", 503, 1)]
    public async Task only_what_changes_nothing_is_asked_again_and_not_for_ever(string method, int status, int calls)
    {
        _answer = (_, _) => status;

        Assert.Equal(status, await AskAsync(method));
        Assert.Equal(calls, _calls);
    }

    [Fact]
    public async Task an_answer_that_names_a_time_to_come_back_is_passed_on()
    {
        _answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "7";
            return 503;
        };

        Assert.Equal(503, await AskAsync("GET"));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task a_connection_that_breaks_is_made_anew_for_a_question()
    {
        _answer = Breaks(2);

        Assert.Equal(200, await AskAsync("GET"));
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task and_not_for_a_change()
    {
        _answer = Breaks(1);

        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync("POST"));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task no_line_tells_what_was_asked()
    {
        await AskAsync("GET");

        lock (_lines)
        {
            Assert.DoesNotContain(_lines, line => line.Contains("40712345678", StringComparison.Ordinal));
        }
    }

    private static Func<int, HttpContext, int> Breaks(int times) => (call, http) =>
    {
        if (call <= times)
        {
            http.Abort();
        }

        return 200;
    };

    private async Task<int> AskAsync(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/threads/40712345678");
        using var response = await _client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
