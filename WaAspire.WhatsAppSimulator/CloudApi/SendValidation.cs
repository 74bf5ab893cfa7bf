using System.Text.Json;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>From a body to a <see cref="SendRequest"/>, or to the error that Meta would answer. Pure.</summary>
internal static class SendValidation
{
    private const int OpaqueMax = 512;
    private const int DigitsMin = 7;
    private const int DigitsMax = 15;

    private static readonly HashSet<string> Envelope =
        ["messaging_product", "recipient_type", "to", "type", "context", "biz_opaque_callback_data", "recipient_identity_key_hash"];

    public static (SendRequest? Request, GraphError? Error) Check(string phoneNumberId, string displayNumber, JsonElement body)
    {
        if (Product(body) is { } productError) return (null, productError);
        // Without a type Meta assumes text.
        var type = body.TryGetProperty("type", out var given) ? given.ToString() : "text";
        if (!MessageRules.ByType.TryGetValue(type, out var rule))
            return (null, new GraphError(100, $"Param type must be one of {{{string.Join(", ", MessageRules.ByType.Keys)}}}."));
        if (EnvelopeError(body, type) is { } envelopeError) return (null, envelopeError);

        var input = Text(body, "to")!;
        var digits = Digits(input);
        if (digits is null) return (null, GraphError.Invalid("to", "must be a phone number"));
        if (digits == displayNumber) return (null, new GraphError(131021, "Sender and recipient are the same."));
        if (!body.TryGetProperty(type, out var content)) return (null, GraphError.Missing(type));
        if (rule.Check(content, type) is { } contentError) return (null, contentError);
        return (new SendRequest(phoneNumberId, input, digits, type, Text(body, "biz_opaque_callback_data"), body), null);
    }

    /// <summary>Null unless the body asks to mark a message read, which the same endpoint takes.</summary>
    public static bool IsRead(JsonElement body) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty("status", out _);

    public static GraphError? CheckRead(JsonElement body) => Product(body) ?? MessageRules.Read.Check(body, "$");

    /// <summary>Digits of a number written with the separators that Meta accepts, or null.</summary>
    public static string? Digits(string number)
    {
        if (number.Any(c => !char.IsAsciiDigit(c) && c is not ('+' or '-' or '(' or ')' or ' '))) return null;
        var digits = string.Concat(number.Where(char.IsAsciiDigit));
        return digits.Length is >= DigitsMin and <= DigitsMax && digits[0] != '0' ? digits : null;
    }

    private static GraphError? Product(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("messaging_product", out var product))
            return new GraphError(100) { Message = "(#100) The parameter messaging_product is required." };
        return product.ValueKind == JsonValueKind.String && product.GetString() == "whatsapp"
            ? null
            : new GraphError(100, "Param messaging_product must be one of {WHATSAPP}.");
    }

    private static GraphError? EnvelopeError(JsonElement body, string type)
    {
        foreach (var property in body.EnumerateObject())
            if (!Envelope.Contains(property.Name) && property.Name != type)
                return GraphError.Unexpected(property.Name, "$");
        if (Text(body, "recipient_type") is { } recipientType && recipientType != "individual")
            return GraphError.Invalid("recipient_type", "must be individual");
        if (!body.TryGetProperty("to", out var to)) return GraphError.Missing("to");
        return new TextRule(64).Check(to, "to")
            ?? (body.TryGetProperty("biz_opaque_callback_data", out var opaque)
                ? new TextRule(OpaqueMax).Check(opaque, "biz_opaque_callback_data")
                : null)
            ?? (body.TryGetProperty("context", out var context) ? MessageRules.Context.Check(context, "context") : null);
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
