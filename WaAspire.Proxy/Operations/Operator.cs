using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Operations;

/// <summary>A super-admin at work: let in, written down, passed on to the worker, and written down again.</summary>
internal sealed class Operator(EmployeeGate gate, WorkerClient worker, AuditLog audit, IOptions<OperationsOptions> options)
{
    // What an audit keeps of a request or an answer about many: bounded, and no free text beyond it.
    private const int TextLengthMax = 256;

    /// <param name="http">The call: its path below <c>/ops</c>, its query and its body go to the worker as they are.</param>
    /// <param name="what">The verb, as the audit names it.</param>
    /// <param name="target">The document's path, or the collection.</param>
    /// <param name="isOne">Whether the target is one document, whose state before and after is worth keeping.</param>
    public async Task<IResult> ActAsync(HttpContext http, string what, string target, bool isOne)
    {
        if (await gate.AdmitSuperAdminAsync(http.Request, http.RequestAborted) is var admission && admission is Admission.Denied denied)
            return denied.Refusal;
        if (worker.Missing is { } missing)
            return missing;
        var caller = ((Admission.Granted)admission).Caller;
        if (await RequestBody.ReadAsync(http.Request, options.Value.BodyBytesMax, http.RequestAborted) is not { } body)
            return Refusal.TooLarge;
        var entry = await audit.BeginAsync(caller, what, target, isOne ? null : Summary(body), http.RequestAborted);
        // From here on the deed is seen through, also when the caller has gone: the entry says that it was begun.
        var path = "/internal" + http.Request.Path.ToUriComponent()["/ops".Length..];
        var answer = await worker.CallAsync(HttpMethod.Post, path + http.Request.QueryString, body, mayRepeat: false, CancellationToken.None);
        var (status, json) = answer is WorkerAnswer.Answered answered ? (answered.Status, answered.Body) : (((WorkerAnswer.None)answer).Refusal.Status, default);
        await audit.CompleteAsync(entry, target, status, isOne ? null : Summary(json));
        return Pass(answer);
    }

    public async Task<IResult> LookAsync(HttpContext http, string path) =>
        await gate.AdmitSuperAdminAsync(http.Request, http.RequestAborted) is Admission.Denied denied ? denied.Refusal
        : worker.Missing is { } missing ? missing
        : Pass(await worker.CallAsync(HttpMethod.Get, path + http.Request.QueryString, default, mayRepeat: true, http.RequestAborted));

    private static IResult Pass(WorkerAnswer answer) => answer switch
    {
        WorkerAnswer.Answered answered => Results.Json(answered.Body, statusCode: answered.Status),
        WorkerAnswer.None none => none.Refusal,
        _ => throw new InvalidOperationException("An answer of an unknown kind."),
    };

    private static DocumentFields Summary(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Summary(json.RootElement);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Words, numbers, and how many a list holds.</summary>
    private static DocumentFields Summary(JsonElement json)
    {
        var fields = new DocumentFields();
        if (json.ValueKind != JsonValueKind.Object)
            return fields;
        foreach (var member in json.EnumerateObject().Take(16).Where(member => member.Name.Length is > 0 and <= 64))
        {
            fields[member.Name] = member.Value.ValueKind switch
            {
                JsonValueKind.String when member.Value.GetString() is { Length: <= TextLengthMax } text => text,
                JsonValueKind.Number when member.Value.TryGetInt64(out var number) => number,
                JsonValueKind.True or JsonValueKind.False => member.Value.GetBoolean(),
                JsonValueKind.Array => (long)member.Value.GetArrayLength(),
                _ => FirestoreValue.Null,
            };
        }
        return fields;
    }
}
