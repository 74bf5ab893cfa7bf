using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>S13, by every version of every document: claims are counted upwards only, and attempts never beyond their budget.</summary>
internal sealed class AttemptWatch(UnknownOutcomePolicy policy)
{
    /// <summary>Silence sends again once, whatever the budget says.</summary>
    private readonly long _most = new SendingOptions().MaxAttempts + (policy == UnknownOutcomePolicy.ResendAfterSilence ? 1 : 0);
    private readonly Dictionary<string, long> _claims = new(StringComparer.Ordinal);
    private readonly List<string> _broken = [];

    public IReadOnlyList<string> Broken => _broken;

    public void Watch(StoredDocument stored)
    {
        if (!stored.Path.StartsWith(FirestorePaths.Outbox, StringComparison.Ordinal))
        {
            return;
        }

        var (claims, attempts) = (stored.Fields.Integer(OutboxFields.ClaimSeq) ?? 0, stored.Fields.Integer(OutboxFields.AttemptCount) ?? 0);
        if (_claims.TryGetValue(stored.Path, out var before) && claims < before)
        {
            _broken.Add($"S13 counted back: {stored.Id[..8]} went from claim {before} to {claims}");
        }

        if (attempts > _most)
        {
            _broken.Add($"S13 too many attempts: {stored.Id[..8]} is at {attempts}");
        }

        _claims[stored.Path] = claims;
    }
}
