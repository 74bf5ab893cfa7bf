using WaAspire.Messaging.Inbound;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Delivery;

/// <summary>What a provider still knows of a message that it accepted, for when its webhooks did not come.</summary>
public interface IMessageHistory
{
    /// <summary>Its statuses so far; empty when the provider knows nothing; null when it gave no answer.</summary>
    Task<IReadOnlyList<ProviderStatus>?> AskAsync(Account account, string providerMessageId, CancellationToken cancellationToken);
}
