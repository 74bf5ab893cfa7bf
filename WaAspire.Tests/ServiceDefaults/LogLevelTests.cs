using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>A real host with our defaults, whose clock is the test's.</summary>
public sealed class LogLevelTests : IAsyncLifetime
{
    private const string Category = "WaAspire.Worker.Sending";
    private readonly ManualTime _time = new();
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private ILogger Logger => _app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Category + ".MessageSender");

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", "--INTERNAL_TOKEN", "secret", "--OBS_TOKEN", "watcher", "--Logging:LogLevel:Default", "Warning"]);
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.AddServiceDefaults();
        _app = builder.Build();
        _app.MapDefaultEndpoints();
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task a_level_holds_for_its_time_and_then_the_configured_one_again()
    {
        Assert.False(Logger.IsEnabled(LogLevel.Debug));

        using var answer = await PutAsync(new { category = Category, level = "Debug", forMinutes = 10 });
        var shown = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("changes")[0];
        Assert.Equal((Category, "Debug"), (shown.GetProperty("category").GetString(), shown.GetProperty("level").GetString()));
        Assert.True(Logger.IsEnabled(LogLevel.Debug));

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(Logger.IsEnabled(LogLevel.Debug));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(Logger.IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public async Task a_newer_level_for_the_same_category_has_its_own_time()
    {
        (await PutAsync(new { category = Category, level = "Debug", forMinutes = 5 })).Dispose();
        _time.Advance(TimeSpan.FromMinutes(4));
        (await PutAsync(new { category = Category, level = "None", forMinutes = 5 })).Dispose();
        Assert.False(Logger.IsEnabled(LogLevel.Critical));

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(Logger.IsEnabled(LogLevel.Critical));

        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(Logger.IsEnabled(LogLevel.Critical));
        Assert.False(Logger.IsEnabled(LogLevel.Debug));
    }

    [Theory]
    [InlineData("""{"category":"System.Net.Http","level":"Trace"}""")]
    [InlineData("""{"category":"WaAspireElse","level":"Trace"}""")]
    [InlineData("""{"level":"Trace"}""")]
    [InlineData("""{"category":"WaAspire","level":"Loud"}""")]
    [InlineData("""{"category":"WaAspire","level":"77"}""")]
    [InlineData("""{"category":"WaAspire","level":"Debug","forMinutes":0}""")]
    [InlineData("""{"category":"WaAspire","level":"Debug","forMinutes":100000}""")]
    [InlineData("""no json""")]
    public async Task what_others_log_or_nobody_understands_is_refused(string body)
    {
        using var answer = await SendAsync(new StringContent(body, System.Text.Encoding.UTF8, "application/json"), "secret");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("invalid_request", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task there_is_an_end_to_how_many_are_changed()
    {
        for (var i = 0; i < 20; i++)
        {
            using var one = await PutAsync(new { category = $"WaAspire.Part{i}", level = "Debug" });
            Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        }

        using var refused = await PutAsync(new { category = "WaAspire.OneMore", level = "Debug" });
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("watcher")]
    public async Task only_who_may_act_changes_levels(string? token)
    {
        using var answer = await SendAsync(JsonContent.Create(new { category = Category, level = "Debug" }), token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(Logger.IsEnabled(LogLevel.Debug));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("wrong", HttpStatusCode.Unauthorized)]
    [InlineData("watcher", HttpStatusCode.OK)]
    public async Task metrics_ask_for_the_observability_token_where_one_is_configured(string? token, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (token is not null)
        {
            request.Headers.Add("X-Internal-Token", token);
        }

        using var answer = await _client.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }

    private Task<HttpResponseMessage> PutAsync(object body) => SendAsync(JsonContent.Create(body), "secret");

    private async Task<HttpResponseMessage> SendAsync(HttpContent content, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/internal/log-level") { Content = content };
        if (token is not null)
        {
            request.Headers.Add("X-Internal-Token", token);
        }

        return await _client.SendAsync(request);
    }
}
