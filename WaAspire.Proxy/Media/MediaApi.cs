using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Media;

/// <summary>
/// <c>POST /whatsappProxyUploadMedia?threadId=…&amp;accountId=…</c>: a file for a message that is still to be sent, by who may
/// write in the thread. Its id goes into <c>payload</c>: <c>{"type":"image","image":{"id":"…"}}</c>. Checks run from cheap to
/// dear, and the file itself is read last.
/// </summary>
internal static class MediaApi
{
    private const string ThreadPurpose = "upload-thread";

    public static IEndpointRouteBuilder MapMedia(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/whatsappProxyUploadMedia", UploadAsync);
        return routes;
    }

    private static async Task<IResult> UploadAsync(
        HttpRequest http, EmployeeGate gate, DocumentGatherer documents, WorkerMedia worker, ProxyMetrics metrics, CancellationToken cancellationToken)
    {
        var (upload, refusal) = await UploadRequest.ReadAsync(http, cancellationToken);
        refusal ??= await RefuseAsync(http, upload!, gate, documents, cancellationToken) ?? worker.Missing();
        if (refusal is not null)
            return Refuse(refusal, metrics);
        switch (await worker.UploadAsync(upload!, cancellationToken))
        {
            case UploadAnswer.Refused refused:
                return Refuse(refused.Refusal, metrics);
            case UploadAnswer.Stored stored:
                metrics.Uploaded("stored");
                return Results.Json(new { success = true, mediaId = stored.MediaId, mimeType = stored.MimeType, sha256 = stored.Sha256, size = stored.Size });
            default:
                throw new InvalidOperationException("An answer of an unknown kind.");
        }
    }

    /// <summary>Null for an employee who may write in the thread.</summary>
    private static async Task<Refusal?> RefuseAsync(
        HttpRequest http, UploadRequest upload, EmployeeGate gate, DocumentGatherer documents, CancellationToken cancellationToken)
    {
        switch (await gate.AdmitAsync(http, cancellationToken))
        {
            case Admission.Denied denied:
                return denied.Refusal;
            case Admission.Granted { Caller.Uid: var uid }:
                return await documents.GetAsync(FirestorePaths.Thread(upload.ThreadId), ThreadPurpose, cancellationToken) is { } thread
                    ? SendPolicy.RefuseWriter(thread, upload.AccountId, new Sender(uid)) is { } reason ? Refusal.Of(reason, upload.ThreadId) : null
                    : Refusal.ThreadNotFound(upload.ThreadId);
            default:
                throw new InvalidOperationException("An admission of an unknown kind.");
        }
    }

    private static Refusal Refuse(Refusal refusal, ProxyMetrics metrics)
    {
        metrics.Uploaded(refusal.Error);
        return refusal;
    }
}
