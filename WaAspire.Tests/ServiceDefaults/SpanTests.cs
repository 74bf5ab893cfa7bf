using System.Diagnostics;
using WaAspire.ServiceDefaults;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>What leaves with a trace.</summary>
public sealed class SpanTests
{
    private const string Path = "/api/whatsapp/messages/account_1/account_1__40712345678@s.whatsapp.net";

    [Theory]
    [InlineData("/api/whatsapp/messages/{accountId}/{threadId}")]
    [InlineData(null)]
    public void a_request_is_told_by_its_route_and_nobodys_number_leaves_with_its_path(string? route)
    {
        using var filter = new Telemetry.SpanFilter();
        using var span = new Activity("request").SetTag("url.path", Path).SetTag("http.route", route);

        filter.OnEnd(span);

        Assert.Equal(route, span.GetTagItem("url.path"));
        Assert.DoesNotContain(span.TagObjects, tag => $"{tag.Value}".Contains("40712345678", StringComparison.Ordinal));
    }
}
