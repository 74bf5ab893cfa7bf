using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>What each close code makes of an account, in the words that existing clients know; one connected account for each row.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class CloseCodeTests(LinkedSystem system) : IDisposable
{
    /// <summary>How: what WhatsApp does to the socket, or the code with which it refuses the next login.</summary>
    private static readonly Row[] _rows =
    [
        new("515", "connected", 515),
        new("503", "connected", 503),
        new("500", "connected", 500),
        new("drop", "connected", 428),
        new("replaced", "disconnected", 440, "replaced_by_new_session"),
        new("logout", "needs_qr", 401, "logged_out"),
        new("refuse 401", "needs_qr", 401, "logged_out"),
        new("refuse 402", "disconnected", 402, "temporarily_banned"),
        new("refuse 403", "disconnected", 403, "account_locked"),
        new("refuse 405", "disconnected", 405, "client_outdated"),
        new("refuse 406", "disconnected", 406, "account_banned"),
        new("refuse 409", "disconnected", 409, "client_outdated"),
        new("refuse 411", "disconnected", 411, "multi_device_required"),
    ];

    private static readonly TimeSpan _again = TimeSpan.FromSeconds(15);

    // The stand-in has one switch for refusals.
    private readonly SemaphoreSlim _refusals = new(1);

    [Fact]
    public async Task every_close_code_leaves_the_account_as_its_clients_expect_it()
    {
        var wrong = await Task.WhenAll(_rows.Select(TryAsync));
        Assert.Empty(wrong.OfType<string>());
    }

    public void Dispose() => _refusals.Dispose();

    private async Task<string?> TryAsync(Row row)
    {
        var (id, phone) = ($"closed_{row.How.Replace(' ', '_')}", $"40740{Array.IndexOf(_rows, row):d2}0000");
        await system.CommitAsync(DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields
        {
            ["accountId"] = id,
            [AccountFields.Provider] = Account.Baileys,
            [AccountFields.Status] = "connecting",
        }));
        await system.PairAsync(id, phone);
        if (!row.How.StartsWith("refuse", StringComparison.Ordinal))
        {
            return await OutcomeAsync(row, id, () => system.Sockets.PostAsync("disconnect", new { account = phone, how = row.How }));
        }

        await _refusals.WaitAsync();
        try
        {
            return await OutcomeAsync(row, id, () => system.Sockets.RefuseLoginAsync(phone, row.Code));
        }
        finally
        {
            _refusals.Release();
        }
    }

    /// <summary>Done again while the account stays connected: on a machine that stood still, its socket may just have been gone for another reason.</summary>
    private async Task<string?> OutcomeAsync(Row row, string id, Func<Task> close)
    {
        var (before, closed) = (await AccountAsync(id), TimeProvider.System.GetTimestamp());
        await close();
        await Eventually.IsTrueAsync(
            async () =>
            {
                var now = await AccountAsync(id);
                var isOver = now.Timestamp("lastDisconnectedAt") > (before.Timestamp("lastDisconnectedAt") ?? DateTimeOffset.MinValue)
                    && now.Text(AccountFields.Status) == row.Status && now.Integer("lastDisconnectCode") == row.Code
                    && (row.Reason is null || now.Text("lastDisconnectReason") == row.Reason);
                if (!isOver && now.Text(AccountFields.Status) == "connected" && TimeProvider.System.GetElapsedTime(closed) > _again)
                {
                    (before, closed) = (now, TimeProvider.System.GetTimestamp());
                    await close();
                }

                return isOver;
            },
            $"{row}",
            LinkedSystem.Patience,
            () => system.StandAsync(id));
        return Compare(row, before, await AccountAsync(id)) is { Count: > 0 } wrong ? $"{row.How}: {string.Join(", ", wrong)}" : null;
    }

    private static List<string> Compare(Row row, DocumentFields before, DocumentFields now)
    {
        var wrong = new List<string>();
        Check(now.Timestamp("lastDisconnectedAt") is not null, "lastDisconnectedAt is missing");
        if (row.ComesBack)
        {
            // A restart that WhatsApp asks for is no failure; all else that comes back has been counted once.
            var counted = now.Integer("reconnectCount") - before.Integer("reconnectCount");
            Check(row.Code == 515 ? counted == 0 : counted >= 1, $"reconnectCount grew by {counted}");
            Check(now.Timestamp("lastConnectedAt") > before.Timestamp("lastConnectedAt"), "lastConnectedAt did not move");
        }
        else
        {
            Check(now.Timestamp("nextRetryAt") is null, "nextRetryAt says that it comes back");
            Check(now.Boolean("requiresQR") == (row.Status == "needs_qr"), "requiresQR");
        }

        return wrong;

        void Check(bool isRight, string what)
        {
            if (!isRight)
            {
                wrong.Add(what);
            }
        }
    }

    private Task<DocumentFields> AccountAsync(string id) => system.StoredAsync(FirestorePaths.Account(id));

    private sealed record Row(string How, string Status, int Code, string? Reason = null)
    {
        public bool ComesBack => Status == "connected";
    }
}
