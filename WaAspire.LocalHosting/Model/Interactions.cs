using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting;

// What a command asks of the person who runs it. Only texts and their kin: the dashboard shows a field for each.

public enum InputType
{
    Text = 0,
    SecretText = 1,
    Choice = 2,
    Boolean = 3,
    Number = 4,
}

public sealed class InteractionInput
{
    public required string Name { get; init; }

    public string? Label { get; init; }

    public string? Description { get; init; }

    public required InputType InputType { get; init; }

    public bool Required { get; init; }

    public string? Value { get; set; }

    public string? Placeholder { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>As it was answered once: the model's own input stays as it is.</summary>
    internal InteractionInput With(string? value) => new()
    {
        Name = Name,
        Label = Label,
        Description = Description,
        InputType = InputType,
        Required = Required,
        Value = value,
        Placeholder = Placeholder,
        MaxLength = MaxLength,
    };
}

public sealed class InteractionInputCollection(IReadOnlyList<InteractionInput> inputs) : IReadOnlyList<InteractionInput>
{
    public int Count => inputs.Count;

    public InteractionInput this[int index] => inputs[index];

    public bool TryGetByName(string name, [NotNullWhen(true)] out InteractionInput? input) =>
        (input = inputs.FirstOrDefault(i => string.Equals(i.Name, name, StringComparison.OrdinalIgnoreCase))) is not null;

    public IEnumerator<InteractionInput> GetEnumerator() => inputs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
