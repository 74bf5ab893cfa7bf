using System.Net.Http.Json;
using Microsoft.Playwright;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Api;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;
using static Microsoft.Playwright.Assertions;

namespace WaAspire.Tests.Operations;

/// <summary>A small company to look at: a proxy, a worker and the stand-ins, some accounts, and a browser. What is on its pictures comes from here.</summary>
public sealed class PageWorld : IAsyncLifetime
{
    public const string Employee = "employee@example.com";

    /// <summary>Cannot send; what is sent from it waits.</summary>
    public const string Reception = "account_reception";

    private readonly WhatsAppSimulator.Chromium _chromium = new();
    private string _employee = "";

    public DeskWorld Desk { get; } = new();

    /// <summary>With news twice a second.</summary>
    public HttpClient Proxy { get; private set; } = null!;

    /// <summary>Sends.</summary>
    public string Shop { get; private set; } = "";

    /// <summary>Waits for somebody to scan its code.</summary>
    public string Office { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await Desk.InitializeAsync();
        Proxy = await Desk.Firebase.StartAnotherAsync(
            "--WHATSAPP_RAILWAY_BASE_URL", Desk.Worker.BaseAddress!.ToString(), "--INTERNAL_TOKEN", DeskWorld.InternalToken, "--ADMIN_PHONE", DeskWorld.AdminPhone,
            "--Live:ReadEvery", "00:00:00.500");
        await OpenAccountsAsync();
        await _chromium.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _chromium.DisposeAsync();
        await Desk.DisposeAsync();
    }

    /// <summary>A page that has signed in and shows the first news.</summary>
    public async Task<IPage> OpenAsync(string email, int width = 1280, int height = 1000, bool isDark = false)
    {
        var page = await _chromium.PageAsync(width, height);
        await page.EmulateMediaAsync(new() { ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        await page.GotoAsync(new Uri(Proxy.BaseAddress!, "/operations/").ToString());
        await page.GetByTestId("email").FillAsync(email);
        await page.GetByTestId("password").FillAsync("a-password");
        await page.GetByTestId("sign-in-go").ClickAsync();
        await Expect(page.GetByTestId("live")).ToHaveAttributeAsync("data-state", "live");
        await Expect(page.GetByTestId("figure-queuedCount")).ToBeVisibleAsync();
        return page;
    }

    /// <summary>Sends as an app does.</summary>
    public async Task<string> SendAsync(string account, string phone, string text)
    {
        var thread = ThreadOf(account, phone);
        var sent = await Desk.PostAsync("/whatsappProxySend", _employee, new
        {
            threadId = thread,
            accountId = account,
            toJid = $"{phone}@s.whatsapp.net",
            text,
            clientMessageId = Guid.NewGuid().ToString(),
        });
        return sent.AssertAccepted();
    }

    public async Task OpenThreadAsync(string account, string phone, string name) => await Desk.Firebase.SetAsync(FirestorePaths.Thread(ThreadOf(account, phone)), new DocumentFields
    {
        [ThreadFields.AccountId] = account,
        [ThreadFields.ClientJid] = $"{phone}@s.whatsapp.net",
        [ThreadFields.DisplayName] = name,
        [ThreadFields.LastMessageAt] = TimeProvider.System.GetUtcNow(),
        [ThreadFields.LastInboundAt] = TimeProvider.System.GetUtcNow(),
    });

    /// <summary>A message that ends in this state because WhatsApp's stand-in does this to it.</summary>
    public async Task<string> SendIntoAsync(string state, object fault, string phone, string text)
    {
        using var set = await Desk.WhatsApp.PutAsJsonAsync("/simulator/faults", new { faults = new[] { fault } });
        Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync());
        var requestId = await SendAsync(Shop, phone, text);
        await StateAsync(requestId, state);
        using var off = await Desk.WhatsApp.DeleteAsync("/simulator/faults");
        return requestId;
    }

    public Task StateAsync(string requestId, string state) => Eventually.IsTrueAsync(
        async () => (await Desk.Firebase.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status") == state, $"the message is {state}", TimeSpan.FromMinutes(2));

    /// <summary>Whether WhatsApp took a message with this text.</summary>
    public async Task<bool> HasArrivedAsync(string text) => (await Desk.WhatsApp.GetStringAsync("/simulator/accepted")).Contains(text, StringComparison.Ordinal);

    public static string ThreadOf(string account, string phone) => $"{account}__{phone}@s.whatsapp.net";

    private async Task OpenAccountsAsync()
    {
        _employee = await Desk.Firebase.SignUpAsync("employee", Employee);
        await Desk.Firebase.SetAsync(FirestorePaths.StaffProfile("employee"), new DocumentFields { ["role"] = "staff" });
        var added = await Desk.PostAsync("/whatsappProxyAddAccount", Desk.Boss, new { provider = "cloud_api", name = "Shop", phoneNumberId = "100000000000077", accessToken = DeskWorld.MetaToken });
        Assert.True(added.Status == 200, added.Text);
        Shop = added.Body.GetProperty("account").GetProperty("id").GetString()!;
        Office = await Desk.AddAsync("+40722000111");
        await Desk.Firebase.SetAsync(FirestorePaths.Account(Reception), new DocumentFields
        {
            [AccountFields.Name] = "Reception",
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.Status] = AccountFields.Disconnected,
            [AccountFields.PhoneE164] = "+40722000222",
            [AccountFields.LastDisconnectReason] = "token_expired",
        });
        await Desk.Firebase.SetAsync(FirestorePaths.Account("account_director"), Named("Director", DeskWorld.AdminPhone));
        await Desk.Firebase.SetAsync(FirestorePaths.Account("account_board"), Named("Board", "+40722000333"));
        await Desk.Firebase.SetAsync("config/whatsapp_inbox", new DocumentFields { ["adminOnlyAccountIds"] = FirestoreValue.From([FirestoreValue.From("account_board")]) });
        await OpenThreadAsync(Shop, "40700000011", "Ana");
        await OpenThreadAsync(Reception, "40700000013", "Maria");
        foreach (var text in new[] { "Your table is ready", "See you at eight" })
        {
            await SendAsync(Reception, "40700000013", text);
        }
    }

    private static DocumentFields Named(string name, string phone) => new()
    {
        [AccountFields.Name] = name,
        [AccountFields.Phone] = phone,
        [AccountFields.Provider] = AccountFields.CloudApi,
        [AccountFields.Status] = AccountFields.Disconnected,
    };
}
