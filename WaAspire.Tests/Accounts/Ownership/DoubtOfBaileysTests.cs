using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;

namespace WaAspire.Tests.Accounts.Ownership;

/// <summary>What is in doubt on a linked device is sent again under the same id, and not for ever.</summary>
[Collection(OwnershipCollection.Name)]
public sealed class DoubtOfBaileysTests(TwoOwners world)
{
    private readonly string _account = TwoOwners.NewAccount();

    [Fact]
    public async Task it_is_queued_again_at_once_and_marked_until_its_id_is_accepted()
    {
        var doubtful = await DoubtAsync(attempts: 1);

        Assert.True(await SettleAsync(doubtful));

        var message = await ReadAsync(doubtful.RequestId);
        Assert.Equal((OutboxStatus.Queued, true, 1L), (message.Status, message.OutcomeUnknown, message.AttemptCount));
        Assert.Equal(doubtful.OrderAt, message.OrderAt);

        // Refused for good now, it may have arrived all the same; accepted, it is the same message, whichever attempt it was.
        await world.CommitAsync([.. OutboxTransitions.Failed(message, new SendFault("not_on_whatsapp", "x", false), DateTimeOffset.UnixEpoch)]);
        message = await ReadAsync(doubtful.RequestId);
        Assert.Equal((OutboxStatus.Failed, true), (message.Status, message.OutcomeUnknown));
        await world.CommitAsync([.. OutboxTransitions.Sent(message, TransportMessageId.Of(message.RequestId))]);
        Assert.Equal((OutboxStatus.Sent, false), await ReadAsync(doubtful.RequestId) is var sent ? (sent.Status, sent.OutcomeUnknown) : default);
    }

    [Fact]
    public async Task when_its_attempts_are_spent_it_waits_for_proof_or_a_person()
    {
        var doubtful = await DoubtAsync(attempts: 5);

        Assert.False(await SettleAsync(doubtful));

        Assert.Equal(OutboxStatus.Uncertain, (await ReadAsync(doubtful.RequestId)).Status);
    }

    private async Task<OutboxDocument> DoubtAsync(long attempts)
    {
        await world.OpenAsync(_account);
        await world.One.GetRequiredService<AccountDirectory>().ReadAsync(_account, CancellationToken.None);
        var requestId = $"{_account}-doubt-{attempts}";
        await world.CommitAsync(OutboxWorld.QueuedWrites(requestId, $"{_account}__40712345678@s.whatsapp.net", _account));
        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(requestId),
            Precondition.Present,
            new DocumentFields
            {
                [OutboxFields.Status] = OutboxStatusNames.Uncertain,
                [OutboxFields.AttemptCount] = attempts,
                [OutboxFields.TransportMessageId] = TransportMessageId.Of(requestId),
            },
            deleted: null,
            FieldTransform.RequestTime(OutboxFields.DoubtSince)));
        return await ReadAsync(requestId);
    }

    private Task<bool> SettleAsync(OutboxDocument doubtful) =>
        world.One.GetRequiredService<DoubtPolicy>().TrySettleAsync(doubtful, doubtful.UpdateTime, CancellationToken.None);

    private async Task<OutboxDocument> ReadAsync(string requestId) => OutboxDocument.Read((await world.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
}
