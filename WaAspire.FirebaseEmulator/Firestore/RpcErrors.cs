using System.Text.Json;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>The error body of Google's APIs.</summary>
internal static class RpcErrors
{
    public static async Task WriteAsync(HttpContext context, RpcCode code, string message, bool inArray)
    {
        context.Response.StatusCode = code.Http();
        context.Response.ContentType = "application/json; charset=UTF-8";
        await using var json = new Utf8JsonWriter(context.Response.Body, ValueJson.Options);
        if (inArray)
            json.WriteStartArray();
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", code.Http());
        json.WriteString("message", message);
        json.WriteString("status", code.Name());
        json.WriteEndObject();
        json.WriteEndObject();
        if (inArray)
            json.WriteEndArray();
        await json.FlushAsync(context.RequestAborted);
    }
}
