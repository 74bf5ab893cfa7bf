using Aspire.Hosting.ApplicationModel;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.Tests.LocalHosting;

public sealed class LogTests
{
    [Fact]
    public async Task a_test_can_read_what_a_resource_printed_after_it_ended()
    {
        var builder = TestApps.Create();
        var child = builder.AddShell("child", "echo one; echo two; exit 1");
        await using var app = await builder.StartAsync();
        await app.UntilStateAsync("child", KnownResourceStates.Finished);

        var lines = new List<LogLine>();
        await foreach (var batch in app.Logs().GetAllAsync(child.Resource))
            lines.AddRange(batch);
        Assert.Equal([new(1, "one", false), new(2, "two", false)], lines);
    }

    [Fact]
    public void only_the_last_lines_are_kept()
    {
        var backlog = new LogBacklog(capacity: 10);
        for (var i = 1; i <= 25; i++)
            backlog.Append($"line {i}", isError: i % 2 == 0);
        Assert.Equal(10, backlog.Lines().Count);
        Assert.Equal(new LogLine(16, "line 16", true), backlog.Lines()[0]);
        Assert.Equal(new LogLine(25, "line 25", false), backlog.Lines()[^1]);
    }

    [Fact]
    public void the_console_has_one_prefix_and_one_color_per_resource()
    {
        var output = new StringWriter();
        var console = new ConsoleLogWriter(output, ["redis", "firebase"], colored: true);
        console.Write("redis", 0, "\u001b[32mready\u001b[0m");
        console.Write("firebase", 1, "ready");
        Assert.Equal("\u001b[36mredis    | \u001b[0m\u001b[32mready\u001b[0m\n\u001b[33mfirebase | \u001b[0mready\n", Normalized(output));
    }

    [Fact]
    public void without_color_not_even_the_childs_own_colors_are_printed()
    {
        var output = new StringWriter();
        new ConsoleLogWriter(output, ["redis"], colored: false).Write("redis", 0, "\u001b[40m\u001b[1;32mready\u001b[39m");
        Assert.Equal("redis | ready\n", Normalized(output));
    }

    private static string Normalized(StringWriter output) => output.ToString().ReplaceLineEndings("\n");
}
