using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Accounts;

/// <summary>What WhatsApp holds against an account: it may begin no new conversations, while those that exist go on.</summary>
/// <param name="Name"><c>reachout</c> (too many strangers were written to) or <c>new_chats</c> (as many as allowed).</param>
/// <param name="IsActive">Whether it holds, or has ended.</param>
/// <param name="Until">When it ends, where WhatsApp says so.</param>
/// <param name="Code">The error that told of it, where it was one.</param>
public sealed record Restriction(string Name, bool IsActive, DateTimeOffset? Until, string? Code = null)
{
    public const string Reachout = "reachout";
    public const string NewChats = "new_chats";

    /// <summary>Whatever WhatsApp told besides, for people.</summary>
    public DocumentFields? Detail { get; init; }
}

/// <summary>The pauses that stop only what would begin a conversation: <c>newContactsPaused</c>, with <c>restrictions</c> as the reasons.</summary>
public sealed partial class AccountPauses
{
    /// <summary>Stores what WhatsApp told, and pauses or resumes new conversations by it. Safe to repeat.</summary>
    /// <exception cref="FirestoreException">The store cannot be reached.</exception>
    public async Task<PauseResult> RestrictAsync(string accountId, Restriction told, CancellationToken cancellationToken)
    {
        SendPause? pause = null;
        var result = await ChangeAsync(
            accountId,
            stored =>
            {
                var restrictions = With(stored, told);
                pause = restrictions is null ? null : PauseFor(stored, restrictions);
                return restrictions is null ? null : new DocumentFields
                {
                    [AccountFields.Restrictions] = FirestoreValue.From(restrictions),
                    [AccountFields.NewContactsPaused] = pause is null ? FirestoreValue.Null : FirestoreValue.From(pause.ToFields()),
                };
            },
            [],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            Tell(accountId, pause);
        }

        return result;
    }

    /// <summary>Lets the account begin conversations again: an operator says so, or the pause's time has passed.</summary>
    public async Task<PauseResult> ResumeNewContactsAsync(string accountId, string by, Func<SendPause, bool> only, CancellationToken cancellationToken)
    {
        var result = await ChangeAsync(
            accountId,
            stored => stored.NewContacts is not { } pause || !only(pause) ? null : new DocumentFields
            {
                [AccountFields.NewContactsPaused] = FirestoreValue.Null,
                [AccountFields.Restrictions] = FirestoreValue.From(new DocumentFields(stored.Restrictions.Select(
                    restriction => KeyValuePair.Create(restriction.Key, FirestoreValue.From(Ended(restriction.Value.AsMap ?? [], by)))))),
            },
            [],
            cancellationToken);
        if (result == PauseResult.Done)
        {
            Tell(accountId, null);
        }

        return result;
    }

    private void Tell(string accountId, SendPause? pause)
    {
        if (pause is null)
        {
            metrics.Resumed(ErrorTable.NewContacts.Reason);
            logger.AccountResumed(accountId, ErrorTable.NewContacts.Reason, AccountFault.ByAnswer);
            return;
        }

        metrics.Paused(pause.Reason);
        logger.AccountPaused(accountId, pause.Reason, pause.Code ?? "none", pause.Until);
    }

    /// <summary>Null when it says nothing new. An error that knows no end changes nothing about an end that is known.</summary>
    private DocumentFields? With(StoredPauses stored, Restriction told)
    {
        var known = stored.Restrictions.Map(told.Name);
        var holds = known?.Boolean("active") == true && known.Timestamp("until") > stored.Now;
        if (known?.Boolean("active") == told.IsActive && (told.Until is null ? holds || !told.IsActive : known.Timestamp("until") == told.Until))
        {
            return null;
        }

        DateTimeOffset? until = !told.IsActive ? null : told.Until ?? stored.Now + (ErrorTable.NewContacts.PauseFor!.Value * _options.DurationFactor);
        return new DocumentFields(stored.Restrictions)
        {
            [told.Name] = FirestoreValue.From(new DocumentFields
            {
                ["active"] = told.IsActive,
                ["until"] = until is { } end ? end : FirestoreValue.Null,
                ["code"] = told.Code,
                ["detail"] = told.Detail is { } detail ? FirestoreValue.From(detail) : FirestoreValue.Null,
                ["at"] = stored.Now,
            }),
        };
    }

    /// <summary>Until the last restriction ends; null when none holds.</summary>
    private static SendPause? PauseFor(StoredPauses stored, DocumentFields restrictions)
    {
        var holding = restrictions.Values.Select(restriction => restriction.AsMap)
            .Where(restriction => restriction?.Boolean("active") == true && restriction.Timestamp("until") > stored.Now).ToList();
        return holding.Count == 0
            ? null
            : new SendPause(
                ErrorTable.NewContacts.Reason, holding.Select(restriction => restriction!.Text("code")).FirstOrDefault(code => code is not null),
                stored.NewContacts?.Since ?? stored.Now, holding.Max(restriction => restriction!.Timestamp("until")), AccountFault.ByAnswer);
    }

    private static DocumentFields Ended(DocumentFields restriction, string by) => new(restriction) { ["active"] = false, ["endedBy"] = by };
}
