using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Sending;

/// <summary>A way to WhatsApp. It makes exactly one attempt: no retrying handler, no resend, no policy.</summary>
public interface IProvider
{
    /// <summary>The stored word in <c>accounts.provider</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Sends once and returns within the send time-out. It never throws for what the provider or the network did; a
    /// cancelled <paramref name="work"/> after bytes may have left is <see cref="SendOutcome.Uncertain"/>.
    /// </summary>
    Task<SendOutcome> SendAsync(Account account, ClaimedMessage message, CancellationToken work);
}
