using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Gateway;

/// <summary>An account as its super-admin lives with it, through the proxy alone: real workers, a real gateway, real baileys, and a phone that scans.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class AccountDeskTests(LinkedSystem system)
{
    private const string Phone = "40733000222";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);
    private AuthenticationHeaderValue _boss = null!;

    [Fact]
    public async Task an_account_is_added_scanned_used_stopped_deleted_and_comes_back()
    {
        await system.StartAllWorkersAsync();
        _boss = await SignInAsync("admin@example.com");
        var added = await AskAsync(HttpMethod.Post, "/whatsappProxyAddAccount", new { name = "Office", phone = "+" + Phone });
        var accountId = added.GetProperty("account").GetProperty("id").GetString()!;
        await ScanAsync(accountId);
        Assert.Equal(JsonValueKind.Null, (await ListedAsync(accountId)).GetProperty("qrCode").ValueKind);

        var requestId = await SendAsync(accountId);
        await Eventually.IsTrueAsync(async () => await StatusAsync(requestId) == OutboxStatus.Sent, "the message is sent", _patience);

        // Stopped, it keeps its keys: who wants it back scans nothing.
        using (var worker = new HttpRequestMessage(HttpMethod.Post, $"/api/whatsapp/disconnect/{accountId}"))
        {
            worker.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
            (await system.Worker.SendAsync(worker)).EnsureSuccessStatusCode();
        }

        await Eventually.IsTrueAsync(async () => await OwnerAsync(accountId) is null, "its owner has let go of it", _patience);
        Assert.Equal("disconnected", (await ListedAsync(accountId)).GetProperty("status").GetString());
        await AskAsync(HttpMethod.Post, $"/whatsappProxyRegenerateQr?accountId={accountId}");
        await StandsAsync(accountId, "connected");

        // Deleted, its device leaves the phone.
        await AskAsync(HttpMethod.Delete, $"/whatsappProxyDeleteAccount?accountId={accountId}");
        await Eventually.IsTrueAsync(
            async () => (await system.Sockets.GetAsync("state")).GetProperty("devices").EnumerateArray().All(device => !$"{device}".Contains(Phone, StringComparison.Ordinal)) && await OwnerAsync(accountId) is null, "its device is linked no more", _patience);

        Assert.Equal(accountId, (await AskAsync(HttpMethod.Post, "/whatsappProxyAddAccount", new { name = "Office", phone = Phone })).GetProperty("account").GetProperty("id").GetString());
        await ScanAsync(accountId);
    }

    private async Task ScanAsync(string accountId)
    {
        var scanned = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                var listed = await ListedAsync(accountId);
                if (listed.GetProperty("status").GetString() == "connected")
                {
                    return true;
                }

                // What the picture shows; a phone's camera is not among our tools.
                if (listed.GetProperty("qrCode").GetString() is { } picture && (await StoredAsync(FirestorePaths.Account(accountId)))!.Fields.Text(AccountFields.QrText) is { } qr && qr != scanned)
                {
                    Assert.StartsWith("data:image/png;base64,", picture);
                    scanned = await system.Sockets.ScanAsync(qr, Phone) ? qr : scanned;
                }

                return false;
            },
            "the account is scanned and connected",
            _patience);
    }

    private Task StandsAsync(string accountId, string status) => Eventually.IsTrueAsync(
        async () => (await ListedAsync(accountId)).GetProperty("status").GetString() == status, $"the account is {status}", _patience);

    private async Task<JsonElement> ListedAsync(string accountId) => (await AskAsync(HttpMethod.Get, "/whatsappProxyGetAccounts"))
        .GetProperty("accounts").EnumerateArray().Single(account => account.GetProperty("id").GetString() == accountId);

    private async Task<string> SendAsync(string accountId)
    {
        var (threadId, jid) = ($"{accountId}__40733999999@s.whatsapp.net", "40733999999@s.whatsapp.net");
        await system.Firestore.CommitAsync(
            [DocumentWrite.Set(FirestorePaths.Thread(threadId), new DocumentFields { [ThreadFields.AccountId] = accountId, [ThreadFields.ClientJid] = jid })], "test", CancellationToken.None);
        return (await AskAsync(HttpMethod.Post, "/whatsappProxySend", new { threadId, accountId, toJid = jid, text = "Salut", clientMessageId = Guid.NewGuid().ToString() })).GetProperty("requestId").GetString()!;
    }

    private async Task<OutboxStatus?> StatusAsync(string requestId) => OutboxDocument.Read((await StoredAsync(FirestorePaths.OutboxMessage(requestId)))!).Status;

    private async Task<string?> OwnerAsync(string accountId) => (await StoredAsync(FirestorePaths.AccountLease(accountId)))!.Fields.Text("owner");

    private async Task<StoredDocument?> StoredAsync(string path) => (await system.Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path);

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = _boss;
        using var answer = await system.Proxy.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<AuthenticationHeaderValue> SignInAsync(string email)
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, $"/identitytoolkit.googleapis.com/v1/projects/{RunningSystem.ProjectId}/accounts")
        {
            Content = JsonContent.Create(new { localId = "boss", email, password = "a-password", emailVerified = true }),
        };
        create.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
        (await system.Auth.SendAsync(create)).EnsureSuccessStatusCode();
        using var signedIn = await system.Auth.PostAsJsonAsync(
            "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=test", new { email, password = "a-password", returnSecureToken = true });
        return new AuthenticationHeaderValue("Bearer", (await signedIn.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("idToken").GetString());
    }
}
