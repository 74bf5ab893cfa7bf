using System.Threading.Channels;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Pacing;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Reads an account again as soon as a signal says that it changed, and has its lanes looked at if it may send now. A
/// signal that is lost costs the wait until all accounts are read again.
/// </summary>
public sealed class AccountChanges(
    AccountSignal signal, AccountDirectory accounts, OwnershipLoop ownership, SendGate gate, NewContacts newContacts, IPacing pacing, ILanes lanes, TimeProvider time, ILogger<AccountChanges> logger)
    : BackgroundService
{
    private const int Limit = 10_000;
    private static readonly TimeSpan _listenAgain = TimeSpan.FromSeconds(5);

    private readonly Channel<string> _changed = Channel.CreateBounded<string>(new BoundedChannelOptions(Limit) { FullMode = BoundedChannelFullMode.DropOldest });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await signal.ListenAsync(id => _changed.Writer.TryWrite(id)))
        {
            await Pause.ForAsync(_listenAgain, time, stoppingToken);
            stoppingToken.ThrowIfCancellationRequested();
        }

        while (await _changed.Reader.WaitToReadAsync(stoppingToken))
        {
            while (_changed.Reader.TryRead(out var accountId))
            {
                await LoopTurn.RunAsync("account changes", () => ReadAsync(accountId, stoppingToken), logger, stoppingToken);
            }
        }
    }

    private async Task ReadAsync(string accountId, CancellationToken stoppingToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return;
        }

        await accounts.ReadAsync(accountId, stoppingToken);
        ownership.Nudge(accountId);
        if (gate.MaySend(accountId))
        {
            await newContacts.LetGoAsync(accountId);
            await pacing.LimitsChangedAsync(accountId);
            await lanes.WakeAsync(accountId);
        }
    }
}
