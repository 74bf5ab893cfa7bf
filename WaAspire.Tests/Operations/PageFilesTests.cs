using System.Text.RegularExpressions;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Operations;

/// <summary>The page as files: what a browser is given, and what it is forbidden to do with it.</summary>
[Collection(ProxyCollection.Name)]
public sealed partial class PageFilesTests(ProxyUnderTest proxy)
{
    private static readonly string[] _files = ["accounts.js", "api.js", "audit.js", "confirm.js", "dom.js", "icon.svg", "messages.js", "page.css", "page.js", "session.js", "thread.js", "times.js", "verbs.js"];

    [Fact]
    public async Task the_page_may_run_its_own_files_and_speak_to_its_own_servers_and_no_more()
    {
        var page = await GetAsync("/operations/");

        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        var auth = proxy.Emulator.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal(
            $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {auth}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            page.Headers["Content-Security-Policy"]);
        Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
        Assert.DoesNotMatch(Inline(), page.Text);
    }

    [Fact]
    public async Task all_of_its_files_are_there_and_none_writes_markup()
    {
        foreach (var file in _files)
        {
            var answer = await GetAsync($"/operations/{file}");
            Assert.True(answer.Status == 200, file);
            Assert.DoesNotMatch(Markup(), answer.Text);
        }

        (await GetAsync("/operations/none.js")).AssertRefused(404, "not_found");
        Assert.Equal("text/html", (await GetAsync("/operations")).MediaType);
    }

    [Fact]
    public async Task it_is_told_where_to_sign_in()
    {
        var auth = proxy.Emulator.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var settings = (await GetAsync("/operations/settings.json")).Body;
        Assert.Equal(
            ("local", $"{auth}/identitytoolkit.googleapis.com/v1/", $"{auth}/securetoken.googleapis.com/v1/"),
            (settings.GetProperty("apiKey").GetString(), settings.GetProperty("accountsUrl").GetString(), settings.GetProperty("tokensUrl").GetString()));

        var real = await proxy.StartAnotherAsync("--FIREBASE_AUTH_EMULATOR_HOST", "", "--FIREBASE_WEB_API_KEY", "a-key");
        settings = (await ProxyUnderTest.SendAsync(real, HttpMethod.Get, "/operations/settings.json", null, null)).Body;
        Assert.Equal(("a-key", "https://identitytoolkit.googleapis.com/v1/"), (settings.GetProperty("apiKey").GetString(), settings.GetProperty("accountsUrl").GetString()));
    }

    private Task<ProxyUnderTest.Answer> GetAsync(string path) => ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Get, path, null, null);

    [GeneratedRegex("<style|\\sstyle=|\\son[a-z]+=|<script(?![^>]*\\ssrc=)|https?://")]
    private static partial Regex Inline();

    [GeneratedRegex("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|localStorage|sessionStorage|document\\.cookie")]
    private static partial Regex Markup();
}
