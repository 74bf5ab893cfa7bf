using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary><c>accountLeases/{id}</c> as it was read.</summary>
/// <param name="AccountId">Whose session it is about.</param>
/// <param name="Owner">The holder's instance id; null: nobody.</param>
/// <param name="Epoch">Number of the term; 0 before the first one.</param>
/// <param name="Clean">The last holder gave it back after its socket had ended.</param>
/// <param name="LastOwner">Who gave it back.</param>
/// <param name="UpdateTime">Of the last renewal: the fence of whatever is written next. Null before the first term.</param>
public sealed record AccountLease(string AccountId, string? Owner, long Epoch, bool Clean, string? LastOwner, DateTimeOffset? UpdateTime)
{
    public static AccountLease Of(string accountId, StoredDocument? stored) => stored is null
        ? new AccountLease(accountId, null, 0, true, null, null)
        : new AccountLease(
            accountId,
            stored.Fields.Text(LeaseFields.Owner),
            stored.Fields.Integer(LeaseFields.Epoch) ?? 0,
            stored.Fields.Boolean(LeaseFields.Clean) == true,
            stored.Fields.Text(LeaseFields.LastOwner),
            stored.UpdateTime);

    /// <summary>Who certainly holds it no longer.</summary>
    public string? Former => Owner ?? LastOwner;

    /// <summary>
    /// When anybody may take it: at once after a clean end; after any other, when it has not been renewed for a whole lease
    /// and a margin. Both times are Firestore's, so no clock of ours can take a socket away: <c>leaseUntil</c> is for people.
    /// </summary>
    public DateTimeOffset? EndsAt(OwnershipOptions options) => Owner is null && Clean ? null : UpdateTime + options.Lease + options.Margin;
}

internal static class LeaseFields
{
    public const string AccountId = "accountId";
    public const string Owner = "owner";
    public const string Epoch = "epoch";
    public const string Clean = "clean";
    public const string LastOwner = "lastOwner";
    public const string LeaseUntil = "leaseUntil";
    public const string TakenAt = "takenAt";
    public const string RenewedAt = "renewedAt";
}
