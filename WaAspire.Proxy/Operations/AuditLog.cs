using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;

namespace WaAspire.Proxy.Operations;

/// <summary>
/// Who did what: <c>audit/{id}</c> {who, whoEmail, what, target, at, before, after, status}. It is written before the deed,
/// so that nothing is done unseen, and completed after it: an entry without <c>after</c> is a deed whose end nobody saw.
/// </summary>
internal sealed class AuditLog(IFirestore firestore, Random chance, ILogger<AuditLog> logger)
{
    private const string Purpose = "audit";

    /// <summary>What an audit remembers of a message or an account: its state, not its words.</summary>
    private static readonly string[] Remembered = ["status", "attemptCount", "orderAt", "failure", "sendPaused", "staleAskedAt", "providerMessageId"];

    /// <param name="caller">Who.</param>
    /// <param name="what">The verb.</param>
    /// <param name="target">The document's path, or what the verb was aimed at.</param>
    /// <param name="request">What was asked, where no single document is the target.</param>
    /// <param name="cancellationToken">Ends the call before anything is done.</param>
    /// <exception cref="FirestoreException">It could not be written: then the deed is not done either.</exception>
    public async Task<string> BeginAsync(Caller caller, string what, string target, DocumentFields? request, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.AuditEntry(chance.NextInt64().ToString("x16") + chance.NextInt64().ToString("x16"));
        var fields = new DocumentFields
        {
            ["who"] = caller.Uid,
            ["whoEmail"] = caller.Email,
            ["what"] = what,
            ["target"] = target,
            ["before"] = request is null ? await RememberAsync(target, cancellationToken) : FirestoreValue.From(request),
        };
        return await firestore.CommitAsync([DocumentWrite.Create(path, fields, FieldTransform.RequestTime("at"))], Purpose, cancellationToken) switch
        {
            CommitOutcome.Committed => path,
            CommitOutcome.Refused refused => throw new FirestoreException(refused.Status, refused.Message),
            _ => throw new FirestoreException(FirestoreStatus.Unavailable, "The audit entry's reply is lost."),
        };
    }

    /// <summary>A deed with its entry: before it, and after.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="what">The verb.</param>
    /// <param name="target">The document's path, or the collection.</param>
    /// <param name="request">What was asked, where no single document is the target.</param>
    /// <param name="act">Answers with the deed's status.</param>
    /// <param name="cancellationToken">Ends the call before anything is done.</param>
    /// <exception cref="FirestoreException">The entry could not be written: nothing is done.</exception>
    public async Task<IResult> KeepAsync(Caller caller, string what, string target, DocumentFields? request, Func<Task<IResult>> act, CancellationToken cancellationToken)
    {
        var entry = await BeginAsync(caller, what, target, request, cancellationToken);
        var result = await act();
        await CompleteAsync(entry, target, (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK, request is null ? null : []);
        return result;
    }

    public async Task CompleteAsync(string path, string target, int status, DocumentFields? answer)
    {
        try
        {
            // The deed is done: its end is written down also for a caller who has gone.
            var after = answer is null ? await RememberAsync(target, CancellationToken.None) : FirestoreValue.From(answer);
            var fields = new DocumentFields { ["after"] = after, ["status"] = status };
            if (await firestore.CommitAsync([DocumentWrite.Update(path, Precondition.Present, fields)], Purpose, CancellationToken.None) is not CommitOutcome.Committed)
                logger.AuditIncomplete(path);
        }
        catch (FirestoreException)
        {
            logger.AuditIncomplete(path);
        }
    }

    /// <summary>The newest entries first.</summary>
    public async Task<IReadOnlyList<StoredDocument>> ReadAsync(int limit, CancellationToken cancellationToken) =>
        (await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Audit) { OrderBy = [new FieldOrder("at", Descending: true)], Limit = limit }, Purpose, cancellationToken)).Documents;

    private async Task<FirestoreValue> RememberAsync(string path, CancellationToken cancellationToken)
    {
        var stored = (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path);
        return stored is null
            ? FirestoreValue.Null
            : FirestoreValue.From(new DocumentFields(stored.Fields.Where(field => Remembered.Contains(field.Key, StringComparer.Ordinal))));
    }
}
