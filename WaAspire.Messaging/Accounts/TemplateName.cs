using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Accounts;

/// <summary>A template in one language: what Meta reviews, pauses and disables.</summary>
public readonly record struct TemplateName(string Name, string Language)
{
    private const int LengthMax = 600;

    /// <summary>The key in <c>accounts.pausedTemplates</c>: <c>order_ready|en_US</c>.</summary>
    public string Key => $"{Name}|{Language}";

    /// <summary>Null for a message that is no template: <c>{type:"template", template:{name, language:{code}}}</c>.</summary>
    public static TemplateName? Of(DocumentFields? payload) =>
        payload?.Text("type") == "template"
        && payload.Map("template") is { } template
        && template.Text("name") is { Length: > 0 and < LengthMax } name
            ? new TemplateName(name, template.Map("language")?.Text("code") ?? "")
            : null;
}
