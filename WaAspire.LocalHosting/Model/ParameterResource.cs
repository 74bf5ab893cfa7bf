namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value from outside. It is asked for when the first process that needs it starts, so that a missing one names itself.</summary>
public class ParameterResource : Resource, IExpressionValue
{
    private readonly Func<ParameterDefault?, string> _callback;

    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : base(name)
    {
        _callback = callback;
        Secret = secret;
    }

    public bool Secret { get; }

    public ParameterDefault? Default { get; set; }

    public string ValueExpression => $"{{{Name}.value}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(_callback(Default));
}

public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();
}
