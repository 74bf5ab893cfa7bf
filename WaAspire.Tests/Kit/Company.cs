using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Kit;

/// <summary>One customer of the product in a test: an account, an employee with a token, threads, and what WhatsApp saw of it.</summary>
public sealed class Company
{
    private const int StoredPage = 500;
    private static int _count;

    private readonly ISystemDoors _system;
    private AuthenticationHeaderValue _bearer;
    private readonly int _number;

    private Company(ISystemDoors system, int number, string uid, string token)
    {
        _system = system;
        _number = number;
        Uid = uid;
        _bearer = new AuthenticationHeaderValue("Bearer", token);
        AccountId = $"account_test_{number:d6}";
        PhoneNumberId = $"2000000{number:d8}";
    }

    public string Uid { get; }

    /// <summary>The employee's token.</summary>
    public AuthenticationHeaderValue Bearer => _bearer;

    public string AccountId { get; }

    public string PhoneNumberId { get; }

    public static async Task<Company> OpenAsync(ISystemDoors system, string status = "connected")
    {
        var number = Interlocked.Increment(ref _count);
        var uid = $"employee-{number}";
        var company = new Company(system, number, uid, await SignUpAsync(system, uid));
        await company.CommitAsync(
            DocumentWrite.Set(FirestorePaths.StaffProfile(uid), new DocumentFields { ["role"] = "staff" }),
            DocumentWrite.Set(FirestorePaths.Account(company.AccountId), new DocumentFields
            {
                ["accountId"] = company.AccountId,
                ["provider"] = "cloud_api",
                ["phoneNumberId"] = company.PhoneNumberId,
                ["status"] = status,
            }));
        return company;
    }

    /// <summary>Nobody else's: faults and logs are told apart by it.</summary>
    public string PhoneOf(int thread) => $"40{_number:d4}{thread:d5}";

    public string JidOf(int thread) => $"{PhoneOf(thread)}@s.whatsapp.net";

    public string ThreadId(int thread) => $"{AccountId}__{JidOf(thread)}";

    public Task OpenThreadsAsync(int count) => CommitAsync([.. Enumerable.Range(1, count).Select(thread => DocumentWrite.Set(
        FirestorePaths.Thread(ThreadId(thread)),
        new DocumentFields { ["accountId"] = AccountId, ["clientJid"] = JidOf(thread), ["lastMessageAt"] = DateTimeOffset.UnixEpoch }))]);

    /// <summary>Sends as an app does, and insists on success.</summary>
    public async Task<string> SendAsync(int thread, string text, string? clientMessageId = null)
    {
        using var response = await PostAsync(thread, text, clientMessageId ?? Guid.NewGuid().ToString());
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("requestId").GetString()!;
    }

    public async Task<HttpResponseMessage> PostAsync(int thread, string text, string clientMessageId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxySend")
        {
            Content = JsonContent.Create(new { threadId = ThreadId(thread), accountId = AccountId, toJid = "+" + JidOf(thread), text, clientMessageId }),
        };
        request.Headers.Authorization = _bearer;
        return await _system.Proxy.SendAsync(request);
    }

    /// <summary>Sends <paramref name="count"/> messages over all threads, in order inside each: the next one when the one before is accepted.</summary>
    /// <returns>Request ids in the order of acceptance, by thread.</returns>
    public async Task<ConcurrentDictionary<int, List<string>>> SendManyAsync(int count, int threads, Func<int, Task>? afterEach = null)
    {
        var accepted = new ConcurrentDictionary<int, List<string>>();
        var sent = 0;
        await Parallel.ForEachAsync(Enumerable.Range(1, threads), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (thread, _) =>
        {
            var mine = accepted[thread] = [];
            for (var i = 0; i < count / threads; i++)
            {
                mine.Add(await SendAsync(thread, $"message {i} of thread {thread}"));
                var number = Interlocked.Increment(ref sent);
                if (afterEach is not null)
                {
                    await afterEach(number);
                }
            }
        });
        return accepted;
    }

    public async Task<OutboxDocument> OutboxAsync(string requestId) => OutboxDocument.Read(await StoredAsync(FirestorePaths.OutboxMessage(requestId)));

    public async Task<StoredDocument> StoredAsync(string path) =>
        (await _system.Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path) ?? throw new InvalidOperationException("The document is missing.");

    /// <summary>All outbox documents of this account, by request id.</summary>
    public async Task<Dictionary<string, OutboxDocument>> AllOutboxAsync() =>
        (await AllStoredAsync()).Select(OutboxDocument.Read).ToDictionary(message => message.RequestId);

    /// <summary>The same, with the fields that no code reads. In pages: a mountain of them in one answer takes longer than a client waits.</summary>
    public async Task<IReadOnlyList<StoredDocument>> AllStoredAsync()
    {
        var all = new List<StoredDocument>();
        for (var isMore = true; isMore;)
        {
            var query = new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [FieldFilter.Equal(OutboxFields.AccountId, AccountId)],
                StartAfterPath = all.Count == 0 ? null : all[^1].Path,
                Limit = StoredPage,
            };
            var page = (await _system.Firestore.QueryAsync(query, "test", CancellationToken.None)).Documents;
            all.AddRange(page);
            isMore = page.Count == StoredPage;
        }

        return all;
    }

    /// <summary>For a failing test: how many messages are in which state, the first that are not sent, and the account.</summary>
    public async Task<string> StandAsync()
    {
        var all = await AllStoredAsync();
        var counts = string.Join(", ", all.CountBy(message => message.Fields.Text(OutboxFields.Status) ?? "").Select(count => $"{count.Key} {count.Value}"));
        var unsent = all.Where(message => message.Fields.Text(OutboxFields.Status) != "sent").OrderBy(message => message.Fields.Timestamp(OutboxFields.CreatedAt)).Take(4);
        return $"\n{counts}{string.Concat(unsent.Select(message => $"\n{message.Path} {Shown.Text(message.Fields)}"))}"
            + await Shown.DocumentsAsync(_system.Firestore, FirestorePaths.Account(AccountId)) + await Shown.AllAsync(_system.Firestore, FirestorePaths.Instances);
    }

    public Task<OutboxDocument> StateAsync(string requestId, OutboxStatus status, TimeSpan? limit = null) => Eventually.GetAsync(
        async () => await OutboxAsync(requestId) is { } message && message.Status == status ? message : null, $"{requestId[..8]} becomes {status}", limit);

    /// <summary>What WhatsApp accepted from this account, in order: the ground truth.</summary>
    public async Task<IReadOnlyList<AcceptedMessage>> AcceptedAsync()
    {
        var lines = await _system.WhatsApp.GetStringAsync("/simulator/accepted");
        return
        [
            .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement)
                .Where(entry => entry.GetProperty("phoneNumberId").GetString() == PhoneNumberId)
                .Select(entry => new AcceptedMessage(
                    entry.GetProperty("to").GetString()!,
                    entry.GetProperty("id").GetString()!,
                    entry.GetProperty("opaque").GetString()!.Split(':')[0],
                    entry.GetProperty("at").GetDateTimeOffset(),
                    entry.GetProperty("body").TryGetProperty("text", out var text) ? text.GetProperty("body").GetString()! : "")),
        ];
    }

    /// <summary>How often WhatsApp was asked to take it, whatever it answered.</summary>
    public async Task<int> RequestsAsync(string requestId) =>
        (await _system.WhatsApp.GetStringAsync("/simulator/requests")).Split('\n').Count(line => line.Contains($"{requestId}:", StringComparison.Ordinal));

    public async Task<HttpResponseMessage> VerbAsync(string requestId, string verb)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/outbox/{requestId}/{verb}");
        request.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
        return await _system.Worker.SendAsync(request);
    }

    /// <summary>Switches WhatsApp's faults on; each should name a recipient of this company. Disposing switches all off.</summary>
    public async Task<IAsyncDisposable> WithFaultsAsync(object faults)
    {
        using var response = await _system.WhatsApp.PutAsJsonAsync("/simulator/faults", faults);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new FaultsOff(_system.WhatsApp, "/simulator/faults");
    }

    public async Task CommitAsync(params DocumentWrite[] writes)
    {
        foreach (var part in writes.Chunk(400))
        {
            Assert.IsType<CommitOutcome.Committed>(await _system.Firestore.CommitAsync(part, "test", CancellationToken.None));
        }
    }

    /// <summary>A token lives for an hour.</summary>
    public async Task SignInAgainAsync() => _bearer = new AuthenticationHeaderValue("Bearer", await SignInAsync(_system, Uid));

    private static async Task<string> SignUpAsync(ISystemDoors system, string uid)
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, $"/identitytoolkit.googleapis.com/v1/projects/{RunningSystem.ProjectId}/accounts")
        {
            Content = JsonContent.Create(new { localId = uid, email = EmailOf(uid), password = "a-password", emailVerified = true }),
        };
        create.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
        using var created = await system.Auth.SendAsync(create);
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
        return await SignInAsync(system, uid);
    }

    private static string EmailOf(string uid) => $"{uid}@example.com";

    private static async Task<string> SignInAsync(ISystemDoors system, string uid)
    {
        using var signedIn = await system.Auth.PostAsJsonAsync(
            "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=test", new { email = EmailOf(uid), password = "a-password", returnSecureToken = true });
        signedIn.EnsureSuccessStatusCode();
        return (await signedIn.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("idToken").GetString()!;
    }
}

/// <summary>Ends a test's faults.</summary>
internal sealed class FaultsOff(HttpClient standIn, string address) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => (await standIn.DeleteAsync(address)).Dispose();
}

/// <summary>One request that WhatsApp accepted.</summary>
public sealed record AcceptedMessage(string To, string Id, string RequestId, DateTimeOffset At, string Text);
