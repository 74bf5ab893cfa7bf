using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.Alarms;

/// <summary>A real web server where notices arrive; it can be told to refuse them.</summary>
public sealed class NoticeReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private NoticeReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<JsonElement> Notices { get; } = new();

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    public int Refused { get; private set; }

    public string Url => _app.Urls.Single() + "/hook";

    public IReadOnlyList<string> Told => [.. Notices.Select(notice => $"{notice.GetProperty("alarm")} {notice.GetProperty("state")}")];

    public static async Task<NoticeReceiver> OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new NoticeReceiver(app);
        app.MapPost("/hook", (JsonElement notice) => receiver.Take(notice));
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IResult Take(JsonElement notice)
    {
        if (Status == StatusCodes.Status200OK)
        {
            Notices.Enqueue(notice);
        }
        else
        {
            Refused++;
        }

        return Results.StatusCode(Status);
    }
}
