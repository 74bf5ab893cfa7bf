using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

// How a command looks, what it asks for, and, for one that is an HTTP call, what is called.

public class CommandOptions
{
    public string? Description { get; set; }

    [Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
    public IReadOnlyList<InteractionInput> Arguments { get; set; } = [];

    public string? ConfirmationMessage { get; set; }

    public string? IconName { get; set; }

    public IconVariant? IconVariant { get; set; }

    public bool IsHighlighted { get; set; }

    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

public enum HttpCommandResultMode
{
    None = 0,
    Auto = 1,
    Json = 2,
    Text = 3,
}

public class HttpCommandOptions : CommandOptions
{
    public HttpMethod? Method { get; set; }

    public Func<HttpCommandRequestContext, Task>? PrepareRequest { get; set; }

    public Func<HttpCommandResultContext, Task<ExecuteCommandResult>>? GetCommandResult { get; set; }

    public HttpCommandResultMode ResultMode { get; set; }
}

public sealed class HttpCommandRequestContext
{
    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required HttpClient HttpClient { get; init; }

    public InteractionInputCollection Arguments { get; init; } = new([]);

    public required HttpRequestMessage Request { get; init; }
}

public sealed class HttpCommandResultContext
{
    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required HttpClient HttpClient { get; init; }

    public InteractionInputCollection Arguments { get; init; } = new([]);

    public required HttpResponseMessage Response { get; init; }
}
