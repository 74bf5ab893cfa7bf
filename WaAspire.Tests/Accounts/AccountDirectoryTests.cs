using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Accounts;

/// <summary>What a worker remembers of accounts, whatever order answers come in.</summary>
[Collection(OwnershipCollection.Name)]
public sealed class AccountDirectoryTests(TwoOwners world)
{
    [Fact]
    public async Task an_account_that_was_learned_of_while_all_were_being_read_is_not_forgotten()
    {
        // Whoever holds it would take what it no longer knows for deleted, and log its device out.
        var account = TwoOwners.NewAccount();
        var store = new SlowReplies(world.One.GetRequiredService<IFirestore>());
        var directory = new AccountDirectory(
            store, world.One.GetRequiredService<ServerClock>(), world.One.GetRequiredService<IOptions<AccountOptions>>(), TimeProvider.System);
        store.Meanwhile = async () =>
        {
            await world.OpenAsync(account);
            await directory.ReadAsync(account, CancellationToken.None);
        };

        await directory.RefreshAsync(CancellationToken.None);

        Assert.NotNull(directory.Find(account));
    }

    /// <summary>The real store, whose answer to a query takes as long as something else.</summary>
    private sealed class SlowReplies(IFirestore store) : IFirestore
    {
        public Func<Task> Meanwhile { get; set; } = () => Task.CompletedTask;

        public Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken) =>
            store.CommitAsync(writes, purpose, cancellationToken);

        public Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken) =>
            store.GetAsync(paths, purpose, cancellationToken);

        public async Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken)
        {
            var answer = await store.QueryAsync(query, purpose, cancellationToken);
            await Meanwhile();
            return answer;
        }

        public Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
            store.CountAsync(query, purpose, cancellationToken);
    }
}
