using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Rules.Enforcement;
using WaAspire.FirebaseEmulator.Rules.Language;

namespace WaAspire.FirebaseEmulator.Rules;

/// <summary>
/// Replaces a project's rules while it runs, in the form of Google's emulator: <c>{"rules":{"files":[{"name","content"}]}}</c>.
/// Rules that do not load leave the old ones in force: 400, or with <c>"ignore_errors":true</c> 200 and a list of issues.
/// </summary>
internal sealed class RulesApi(RulesStore store, ILogger<RulesApi> log)
{
    private const int MaxRequestBytes = 2 * 1024 * 1024;
    private const string DefaultName = "security.rules";

    public void Map(IEndpointRouteBuilder routes) => routes.MapPut("/emulator/v1/projects/{project}:securityRules", ReplaceAsync);

    private async Task ReplaceAsync(HttpContext context, string project)
    {
        try
        {
            var (name, content, ignoreErrors) = Read(RequestJson.Parse(await RequestBody.ReadAsync(context.Request, MaxRequestBytes)));
            var issue = Replace(project, name, content);
            if (issue is not null && !ignoreErrors)
                throw RpcException.Invalid(issue.Message);
            await Results.Json(issue is null ? new { } : IssuesOf(issue)).ExecuteAsync(context);
        }
        catch (InvalidOperationException)
        {
            await RpcErrors.WriteAsync(context, RpcCode.InvalidArgument, "Half of a surrogate pair is no text.", inArray: false);
        }
        catch (RpcException refused)
        {
            await RpcErrors.WriteAsync(context, refused.Code, refused.Message, inArray: false);
        }
    }

    private RulesException? Replace(string project, string name, string content)
    {
        try
        {
            store.Replace(project, new(RulesParser.Parse(name, content)));
            log.RulesReplaced(project);
            return null;
        }
        catch (RulesException malformed)
        {
            return malformed;
        }
    }

    private static (string Name, string Content, bool IgnoreErrors) Read(JsonElement body)
    {
        var files = new List<JsonElement>();
        var ignoreErrors = false;
        foreach (var (name, value) in RequestJson.Members(body))
        {
            if (name == "rules")
                files.AddRange(RequestJson.Members(value).Where(member => member.Name == "files").SelectMany(member => RequestJson.Items(member.Value)));
            else if (name == "ignoreErrors")
                ignoreErrors = RequestJson.Boolean(value);
            else
                throw RequestJson.Unknown(name);
        }

        if (files is not [var file])
            throw RpcException.Invalid("The rules of a project are exactly one file.");
        var (fileName, content) = (DefaultName, (string?)null);
        foreach (var (name, value) in RequestJson.Members(file))
        {
            switch (name)
            {
                case "name": fileName = RequestJson.Text(value); break;
                case "content": content = RequestJson.Text(value); break;
                case "fingerprint": break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return (fileName, content ?? throw RpcException.Invalid("A rules file needs its content."), ignoreErrors);
    }

    private static object IssuesOf(RulesException issue) => new
    {
        issues = new[]
        {
            new
            {
                sourcePosition = new { fileName = issue.File, line = issue.At.Line, column = issue.At.Column },
                description = issue.Reason,
                severity = "ERROR",
            },
        },
    };
}
