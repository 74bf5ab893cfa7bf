using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// One HTTP call that a person makes by pressing a button. It is made once: no answer may mean that it was done, and a person
/// looks before pressing again.
/// </summary>
internal sealed class HttpCommand(EndpointReference endpoint, string path, HttpMethod method, HttpCommandOptions options)
{
    private const int AnswerBytesMax = 256 * 1024;

    private static readonly HttpClient s_client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        MaxResponseContentBufferSize = AnswerBytesMax,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public async Task<ExecuteCommandResult> ExecuteAsync(ExecuteCommandContext context)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(new Uri(endpoint.Url), path));
            if (options.PrepareRequest is { } prepare)
            {
                await prepare(new()
                {
                    ResourceName = context.ResourceName,
                    Endpoint = endpoint,
                    CancellationToken = context.CancellationToken,
                    HttpClient = s_client,
                    Arguments = context.Arguments ?? new([]),
                    Request = request,
                });
            }

            using var response = await s_client.SendAsync(request, context.CancellationToken);
            return options.GetCommandResult is { } judge
                ? await judge(new()
                {
                    ResourceName = context.ResourceName,
                    Endpoint = endpoint,
                    CancellationToken = context.CancellationToken,
                    HttpClient = s_client,
                    Arguments = context.Arguments ?? new([]),
                    Response = response,
                })
                : await JudgeAsync(response, context.CancellationToken);
        }
        catch (Exception fault) when (fault is HttpRequestException or InvalidOperationException or TaskCanceledException { InnerException: TimeoutException })
        {
            return CommandResults.Failure(fault);
        }
    }

    private async Task<ExecuteCommandResult> JudgeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = options.ResultMode == HttpCommandResultMode.None ? null : await response.Content.ReadAsStringAsync(cancellationToken);
        var message = string.Create(CultureInfo.InvariantCulture, $"The request was answered with {(int)response.StatusCode}.");
        var data = string.IsNullOrEmpty(body) ? null : new CommandResultData { Value = body, Format = FormatOf(response) };
        return new() { Success = response.IsSuccessStatusCode, Message = message, Data = data };
    }

    private CommandResultFormat FormatOf(HttpResponseMessage response) => options.ResultMode switch
    {
        HttpCommandResultMode.Json => CommandResultFormat.Json,
        HttpCommandResultMode.Auto when response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) == true => CommandResultFormat.Json,
        _ => CommandResultFormat.Text,
    };
}
