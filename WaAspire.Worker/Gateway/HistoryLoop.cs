using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.Time;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// Carries out requests for older messages of the accounts that this worker holds. Enters: an open request. Leaves: one
/// question to the phone for each conversation, from its oldest stored message on, and a note of it in the account. What
/// the phone hands over comes as events. If we die here, the request is still open, and asking twice stores nothing twice.
/// </summary>
public sealed class HistoryLoop(
    AccountDirectory accounts, OwnedAccounts owned, GatewayClient gateway, IFirestore firestore, IOptions<GatewayOptions> options, TimeProvider time, ILogger<HistoryLoop> logger)
    : BackgroundService
{
    private const string Purpose = "history";
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);

    /// <summary>One turn, from memory: mostly there is nothing to do.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var held in owned.All.Where(held => held.IsConnected && !held.IsLeaving))
        {
            if (accounts.Find(held.AccountId)?.OpenHistoryRequest is { } request)
            {
                await CarryOutAsync(held, request, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await LoopTurn.RunAsync("history", () => LookAsync(stoppingToken), logger, stoppingToken);
            await Pause.ForAsync(_lookEvery, time, stoppingToken);
        }
    }

    private async Task CarryOutAsync(OwnedAccount held, HistoryRequest request, CancellationToken cancellationToken)
    {
        var (asked, errors) = (0L, 0L);
        foreach (var thread in await ThreadsAsync(held.AccountId, request.Threads, cancellationToken))
        {
            if (await OldestAsync(held.AccountId, thread, cancellationToken) is not { } oldest)
            {
                continue;
            }

            var body = new JsonObject { ["accountId"] = held.AccountId, ["epoch"] = held.Term.Epoch, ["count"] = request.Messages, ["oldest"] = oldest };
            var isTold = await gateway.PostAsync("/history/fetch", body, options.Value.CommandTimeout, cancellationToken) is GatewayReply.Answer { IsOk: true };
            (asked, errors) = isTold ? (asked + 1, errors) : (asked, errors + 1);
        }

        await NoteAsync(held.AccountId, request, asked, errors, cancellationToken);
        await accounts.ReadAsync(held.AccountId, cancellationToken);
    }

    private async Task<IEnumerable<StoredDocument>> ThreadsAsync(string accountId, int count, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery(FirestorePaths.Threads)
        {
            Where = [FieldFilter.Equal(ThreadFields.AccountId, accountId)],
            OrderBy = [new FieldOrder(ThreadFields.LastMessageAt, Descending: true)],
            Limit = count,
        };
        return (await firestore.QueryAsync(query, Purpose, cancellationToken)).Documents.Where(thread => thread.Fields.Text(ThreadFields.RedirectTo) is null);
    }

    /// <summary>Where the phone is to begin; null for a conversation of which nothing is known, or that has no address.</summary>
    private async Task<JsonObject?> OldestAsync(string accountId, StoredDocument thread, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery($"{thread.Path}/messages") { OrderBy = [new FieldOrder(ThreadMessageFields.TsClient)], Limit = 1 };
        var read = await firestore.QueryAsync(query, Purpose, cancellationToken);
        if (ThreadId.JidOf(thread.Id, accountId) is not { } contact || read.Documents is not [var oldest, ..] || oldest.Fields.Timestamp(ThreadMessageFields.TsClient) is not { } at)
        {
            return null;
        }

        var key = oldest.Fields.Map(ThreadMessageFields.Key);
        return (key?.Text("id") ?? oldest.Fields.Text(ThreadMessageFields.ProviderMessageId)) is not { } id ? null : new JsonObject
        {
            ["remoteJid"] = Jid.TryParse(key?.Text("remoteJid"), out var told) ? told.Value : contact.Value,
            ["id"] = id,
            ["fromMe"] = oldest.Fields.Text(ThreadMessageFields.Direction) == "outbound",
            ["timestamp"] = at.ToUnixTimeSeconds(),
        };
    }

    private Task<CommitOutcome> NoteAsync(string accountId, HistoryRequest request, long threads, long errors, CancellationToken cancellationToken) => firestore.CommitAsync(
        [
            DocumentWrite.Update(
                FirestorePaths.Account(accountId),
                Precondition.Present,
                new DocumentFields
                {
                    [AccountFields.HistoryRequestDone] = request.Id,
                    ["lastBackfillResult"] = FirestoreValue.From(new DocumentFields { ["threads"] = threads, ["errors"] = errors }),
                },
                deleted: null,
                FieldTransform.RequestTime("lastBackfillAt")),
        ],
        Purpose,
        cancellationToken);
}
