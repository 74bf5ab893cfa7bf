using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Accounts.Ownership;

/// <summary>Turn by turn: two workers with a gateway each that says yes to everything and remembers what it was told.</summary>
public sealed class OwnershipLoopTests : IAsyncLifetime
{
    private readonly TwoOwners _world = new();
    private readonly ConcurrentQueue<string> _commands = new();
    private volatile bool _gatewayFails;
    private Func<HttpRequest, Task> _answering = _ => Task.CompletedTask;
    private WebApplication _gateway = null!;

    public async Task InitializeAsync()
    {
        await _world.InitializeAsync();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _gateway = builder.Build();
        _gateway.MapPost("/{**command}", async (HttpRequest request) =>
        {
            _commands.Enqueue(request.Path);
            await _answering(request);
            return _gatewayFails ? Results.StatusCode(500) : Results.Json(new { state = "connecting" });
        });
        await _gateway.StartAsync();
        foreach (var worker in new[] { _world.One, _world.Other })
        {
            worker.GetRequiredService<GatewayClient>().Attach(new Uri(_gateway.Urls.Single()).Port, "a-token");
        }
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task of_two_workers_each_account_has_one_owner_and_both_have_some()
    {
        await TellAsync(_world.One, _world.Other);
        var accounts = await OpenAsync(30);

        await Task.WhenAll(LookAsync(_world.One), LookAsync(_world.Other));

        var (one, other) = (OwnedBy(_world.One), OwnedBy(_world.Other));
        Assert.Equal(accounts.Order(), one.Concat(other).Order());
        Assert.All([one.Count, other.Count], count => Assert.InRange(count, 3, 27));
        Assert.Equal(30, _commands.Count(command => command == "/sessions/open"));
    }

    [Fact]
    public async Task a_draining_workers_accounts_go_over_at_once_and_its_sockets_end_first()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        await TellAsync(_world.Other);

        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        Assert.Equal("/sessions/close", _commands.Last());
        Assert.Empty(OwnedBy(_world.One));

        // Its heartbeat is still young, and yet nobody waits for it.
        await LookAsync(_world.Other);
        Assert.Equal([account], OwnedBy(_world.Other));
        Assert.Equal(2, (await _world.LeaseAsync(account)).Epoch);
    }

    [Fact]
    public async Task nothing_is_given_back_to_a_worker_that_is_gone_while_its_heartbeat_looks_young()
    {
        await TellAsync(_world.One, _world.Other);
        var accounts = await OpenAsync(20);
        await LookAsync(_world.One);
        Assert.NotEmpty(OwnedBy(_world.One));

        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        await LookAsync(_world.Other);
        await _world.Other.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);
        await LookAsync(_world.Other);

        Assert.Equal(accounts.Order(), OwnedBy(_world.Other).Order());
    }

    [Fact]
    public async Task a_worker_that_joins_gets_its_share_one_session_at_a_time()
    {
        await TellAsync(_world.One);
        var accounts = await OpenAsync(20);
        await LookAsync(_world.One);
        Assert.Equal(20, OwnedBy(_world.One).Count);

        await TellAsync(_world.Other);
        await _world.One.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);
        await LookAsync(_world.One);
        await LookAsync(_world.One);

        Assert.Equal(19, OwnedBy(_world.One).Count);
        await LookAsync(_world.Other);
        Assert.Equal(accounts.Order(), OwnedBy(_world.One).Concat(OwnedBy(_world.Other)).Order());
    }

    [Fact]
    public async Task an_owner_that_was_deposed_closes_the_socket_and_forgets_the_account()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        await _world.TakeAsync(_world.Other, account);

        var held = _world.One.GetRequiredService<OwnedAccounts>().Find(account)!;
        held.Term = held.Term with { Started = held.Term.Started - (30 * TimeProvider.System.TimestampFrequency) };
        await LookAsync(_world.One);

        Assert.Equal("/sessions/close", _commands.Last());
        Assert.Empty(OwnedBy(_world.One));
        Assert.Equal((2L, false), ((await _world.LeaseAsync(account)).Epoch, (await _world.LeaseAsync(account)).Clean));
    }

    [Fact]
    public async Task a_term_that_this_worker_has_not_heard_of_is_begun_anew()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await _world.TakeAsync(_world.One, account);

        await LookAsync(_world.One);

        Assert.Equal(2, _world.One.GetRequiredService<OwnedAccounts>().Find(account)!.Term.Epoch);
    }

    [Fact]
    public async Task a_deleted_account_is_logged_out_and_nobody_takes_it()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);

        await _world.OpenAsync(account, "deleted");
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);
        await LookAsync(_world.One);

        Assert.Equal(["/sessions/open", "/sessions/logout", "/sessions/close"], _commands);
        Assert.Empty(OwnedBy(_world.One));
    }

    [Fact]
    public async Task an_account_that_was_deleted_while_nobody_held_it_is_logged_out_by_the_next_owner_and_its_keys_go()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        var keys = new SessionKeyWrite(new SessionKey("creds", ""), "{}");
        await _world.One.GetRequiredService<SessionStore>().WriteAsync(_world.One.GetRequiredService<OwnedAccounts>().Find(account)!.Session, 1, clear: false, [keys], CancellationToken.None);
        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        await TellAsync(_world.Other);
        _commands.Clear();

        await ChangeAsync(account, new DocumentFields { [AccountFields.Status] = AccountFields.Deleted, [AccountFields.LogOutWanted] = true });
        await _world.Other.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.Other);
        await LookAsync(_world.Other);
        Assert.Equal(["/sessions/open"], _commands);

        // As soon as its socket is open, it can say goodbye.
        _world.Other.GetRequiredService<OwnedAccounts>().Find(account)!.IsConnected = true;
        await LookAsync(_world.Other);
        await LookAsync(_world.Other);
        Assert.Equal(["/sessions/open", "/sessions/logout", "/sessions/close"], _commands);
        Assert.Empty(await _world.KeysAsync(account));
        Assert.Empty(OwnedBy(_world.Other));
    }

    [Fact]
    public async Task a_gateway_that_gives_no_answer_has_logged_nobody_out_and_the_keys_are_kept_for_one_that_does()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        await StoreKeyAsync(account);
        Held(account).IsConnected = true;

        _gatewayFails = true;
        await DeleteAsync(account);
        await LookAsync(_world.One);
        Assert.Contains("/sessions/logout", _commands);
        Assert.Single(await _world.KeysAsync(account));

        // Its next owner, here the same worker, finds the wish and the keys.
        _gatewayFails = false;
        await LookAsync(_world.One);
        Held(account).IsConnected = true;
        await LookAsync(_world.One);
        Assert.Empty(await _world.KeysAsync(account));
        Assert.False((await _world.FindAsync(FirestorePaths.Account(account)))!.Fields.ContainsKey(AccountFields.LogOutWanted));
    }

    [Fact]
    public async Task an_account_that_is_deleted_while_its_socket_is_away_waits_for_it_however_long_it_has_been_held()
    {
        var account = Assert.Single(await OpenAsync(1));
        var hourAgo = TimeProvider.System.GetTimestamp() - (3600 * TimeProvider.System.TimestampFrequency);
        var held = new OwnedAccount(new LeaseTerm(account, 1, DateTimeOffset.UnixEpoch, hourAgo), new SessionFence(account, 1));

        Assert.False(_world.One.GetRequiredService<LeavingDevices>().MayGo(held));
    }

    [Fact]
    public async Task an_account_that_is_added_again_while_its_log_out_fails_gets_its_session_back_and_the_others_had_their_turn()
    {
        await TellAsync(_world.One);
        var opened = await OpenAsync(2);
        var (account, other) = (opened[0], opened[1]);
        await LookAsync(_world.One);
        Held(account).IsConnected = true;

        await using (await _world.LoseReplyAsync(FirestorePaths.Session(account)))
        {
            await DeleteAsync(account);
            await _world.One.GetRequiredService<PairRequests>().AskAsync(other, null, fresh: false, CancellationToken.None);
            await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(other, CancellationToken.None);
            await LookAsync(_world.One);
        }

        Assert.Equal(["/sessions/logout", "/sessions/close", "/sessions/pair"], _commands.TakeLast(3));
        Assert.NotNull(Held(account));
        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: true, CancellationToken.None);
        await ChangeAsync(account, new DocumentFields { [AccountFields.Status] = AccountFields.Connecting });
        await LookAsync(_world.One);

        Assert.Equal("/sessions/pair", _commands.Last());
        Assert.False(Held(account).IsLeaving);
    }

    [Theory]
    [InlineData(AccountFields.SessionStopped, "/sessions/close")]
    [InlineData(AccountFields.ReplacedBy, "/sessions/logout,/sessions/close")]
    public async Task a_stopped_session_keeps_its_device_and_a_replaced_one_loses_it_and_nobody_takes_either(string field, string commands)
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);

        await ChangeAsync(account, new DocumentFields { [field] = field == AccountFields.SessionStopped ? true : "another" });
        await LookAsync(_world.One);
        await LookAsync(_world.One);
        Assert.Equal($"/sessions/open,{commands}", string.Join(',', _commands));
        Assert.Empty(OwnedBy(_world.One));

        // Who asks for a code wants it back.
        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: false, CancellationToken.None);
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);
        Assert.Equal(["/sessions/open", "/sessions/pair"], _commands.TakeLast(2));
    }

    [Fact]
    public async Task a_fresh_start_takes_the_old_device_off_the_phone_first()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);

        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: true, CancellationToken.None);
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);

        Assert.Equal(["/sessions/open", "/sessions/logout", "/sessions/pair"], _commands);
    }

    [Fact]
    public async Task a_session_that_is_not_to_be_opened_yet_is_held_without_a_socket()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        (Held(account).IsOpened, Held(account).OpenAfter) = (false, long.MaxValue);

        await LookAsync(_world.One);
        Assert.Single(_commands, command => command == "/sessions/open");

        Held(account).OpenAfter = 0;
        await LookAsync(_world.One);
        Assert.Equal(2, _commands.Count(command => command == "/sessions/open"));
    }

    [Fact]
    public async Task a_request_for_a_code_is_told_once()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);

        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: false, CancellationToken.None);
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);
        await LookAsync(_world.One);

        Assert.Single(_commands, command => command == "/sessions/pair");
    }

    [Fact]
    public async Task a_request_for_a_code_that_is_answered_late_holds_up_no_other_account()
    {
        await TellAsync(_world.One);
        var accounts = await OpenAsync(2);
        await LookAsync(_world.One);
        var (both, asked) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        _answering = async request =>
        {
            if (Interlocked.Increment(ref asked) == accounts.Count)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(request.HttpContext.RequestAborted);
        };
        foreach (var account in accounts)
        {
            await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: false, CancellationToken.None);
            await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        }

        // Neither is answered before the other has come, and a command that is not answered takes a minute here.
        await LookAsync(_world.One);
        Assert.All(accounts, account => Assert.NotNull(Held(account).PairRequestDone));
    }

    [Theory]
    [InlineData(AccountFields.PairRequestDone, "qr_ready", "/sessions/open", "/sessions/pair")]
    [InlineData(AccountFields.PairRequestDone, "needs_qr", "/sessions/open", "/sessions/pair")] // its first word, before it was asked for a code
    [InlineData(AccountFields.PairRequestEnded, "connected", "/sessions/open")]
    [InlineData(AccountFields.PairRequestEnded, "needs_qr")]
    public async Task a_code_that_nobody_has_used_is_asked_for_again_by_the_next_owner_and_the_keys_do_not_go_twice(string told, string state, params string[] commands)
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: true, CancellationToken.None);
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);

        // What its owner had shown in the account before it ended.
        var request = (await _world.FindAsync(FirestorePaths.Account(account)))!.Fields.Map(AccountFields.PairRequest)!.Text("id");
        await ChangeAsync(account, new DocumentFields { [told] = request, [AccountFields.SessionState] = state });
        await TellAsync(_world.Other);
        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        _commands.Clear();
        await LookAsync(_world.Other);

        Assert.Equal(commands, _commands);
    }

    [Fact]
    public async Task a_session_on_the_move_when_its_worker_is_told_to_stop_is_given_back_at_once()
    {
        await TellAsync(_world.One);
        var accounts = await OpenAsync(20);
        await LookAsync(_world.One);
        await TellAsync(_world.Other);
        await _world.One.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);

        using var stopping = new CancellationTokenSource();
        _answering = request => request.Path == "/sessions/close" ? stopping.CancelAsync() : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _world.One.GetRequiredService<OwnershipLoop>().LookAsync(stopping.Token));

        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(accounts.Select(_world.LeaseAsync)), lease => Assert.Equal((null, true), (lease.Owner, lease.Clean)));
    }

    [Fact]
    public async Task whatever_was_taken_when_a_worker_is_told_to_stop_is_given_back_at_once()
    {
        await TellAsync(_world.One);
        var accounts = await OpenAsync(20);

        using var stopping = new CancellationTokenSource();
        var looking = _world.One.GetRequiredService<OwnershipLoop>().LookAsync(stopping.Token);
        await Eventually.IsTrueAsync(async () => (await _world.LeaseAsync(accounts[0])).Owner is not null, "the first is taken");
        await stopping.CancelAsync();
        await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        await _world.One.GetRequiredService<OwnershipLoop>().StopAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(accounts.Select(_world.LeaseAsync)), lease => Assert.Null(lease.Owner));
    }

    [Fact]
    public async Task a_worker_that_was_told_to_stop_takes_nothing_while_its_lanes_run_empty()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        var another = Assert.Single(await OpenAsync(1));

        _world.One.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await LookAsync(_world.One);

        Assert.Equal([account], OwnedBy(_world.One));
        Assert.Null((await _world.LeaseAsync(another)).UpdateTime);
    }

    [Fact]
    public async Task for_balance_the_whole_fleet_moves_one_session_in_a_while()
    {
        await TellAsync(_world.One);
        await OpenAsync(20);
        await LookAsync(_world.One);
        await TellAsync(_world.Other);
        await _world.One.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);

        for (var turn = 0; turn < 10; turn++)
        {
            await LookAsync(_world.One);
        }

        // MoveEvery is an hour here: ten turns, one move.
        Assert.Equal((19, 1), (OwnedBy(_world.One).Count, _commands.Count(command => command == "/sessions/close")));
    }

    [Fact]
    public async Task while_a_gateway_leaves_commands_without_an_answer_its_sessions_are_shown_as_degraded()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await LookAsync(_world.One);
        Held(account).IsConnected = true;
        var time = new ManualTime();
        using var client = new GatewayClient(Options.Create(new GatewayOptions()), time);
        client.Attach(new Uri(_gateway.Urls.Single()).Port, "a-token");
        using var health = ActivatorUtilities.CreateInstance<SessionHealth>(_world.One, client);

        // One may have been slow.
        _answering = request =>
        {
            request.HttpContext.Abort();
            return Task.CompletedTask;
        };
        await client.PostAsync("/sessions/renew", [], TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Empty(health.Degraded);

        time.Advance(new GatewayOptions().CommandTimeout);
        Assert.Equal([account], health.Degraded);

        _answering = _ => Task.CompletedTask;
        await client.PostAsync("/sessions/renew", [], TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Empty(health.Degraded);
    }

    [Fact]
    public async Task a_lease_that_nobody_gave_back_is_waited_out()
    {
        await TellAsync(_world.One, _world.Other);
        var account = Assert.Single(await OpenAsync(1));
        await _world.TakeAsync(_world.One, account);

        // Its owner is gone without a word. However often the other one looks, the lease's own time has not passed.
        for (var turn = 0; turn < 5; turn++)
        {
            _world.Other.GetRequiredService<OwnershipLoop>().Nudge(account);
            await LookAsync(_world.Other);
        }

        Assert.Empty(OwnedBy(_world.Other));
        Assert.Equal(1, (await _world.LeaseAsync(account)).Epoch);
    }

    [Fact]
    public async Task an_account_whose_session_waits_for_a_person_has_an_owner_but_no_socket()
    {
        await TellAsync(_world.One);
        var account = Assert.Single(await OpenAsync(1));
        await _world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(account), Precondition.Present, new DocumentFields { [AccountFields.SessionState] = "stopped", [AccountFields.SessionReason] = "account_banned" }));

        await LookAsync(_world.One);
        await LookAsync(_world.One);
        Assert.Equal(account, Assert.Single(OwnedBy(_world.One)));
        Assert.Empty(_commands);

        await _world.One.GetRequiredService<PairRequests>().AskAsync(account, null, fresh: false, CancellationToken.None);
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
        await LookAsync(_world.One);
        Assert.Equal(["/sessions/open", "/sessions/pair"], _commands);
    }

    [Fact]
    public async Task a_cloud_api_account_is_nobodys_session()
    {
        await TellAsync(_world.One);
        await _world.CommitAsync(DocumentWrite.Set(FirestorePaths.Account("cloud"), new DocumentFields { [AccountFields.Provider] = AccountFields.CloudApi, [AccountFields.Status] = "connected" }));
        await _world.One.GetRequiredService<AccountDirectory>().RefreshAsync(CancellationToken.None);

        await LookAsync(_world.One);

        Assert.Empty(_commands);
        Assert.Null((await _world.LeaseAsync("cloud")).UpdateTime);
    }

    private OwnedAccount Held(string account) => _world.One.GetRequiredService<OwnedAccounts>().Find(account)!;

    private Task DeleteAsync(string account) =>
        ChangeAsync(account, new DocumentFields { [AccountFields.Status] = AccountFields.Deleted, [AccountFields.LogOutWanted] = true });

    private Task<SessionWriteResult> StoreKeyAsync(string account) => _world.One.GetRequiredService<SessionStore>().WriteAsync(
        Held(account).Session, 1, clear: false, [new SessionKeyWrite(new SessionKey("creds", ""), "{}")], CancellationToken.None);

    private async Task ChangeAsync(string account, DocumentFields fields)
    {
        await _world.CommitAsync(DocumentWrite.Update(FirestorePaths.Account(account), Precondition.Present, fields));
        await _world.One.GetRequiredService<AccountDirectory>().ReadAsync(account, CancellationToken.None);
    }

    /// <summary>These can hold sessions, and each knows of those that were told before it.</summary>
    private static async Task TellAsync(params IServiceProvider[] workers)
    {
        foreach (var worker in workers)
        {
            worker.GetRequiredService<InstanceDirectory>().HasGateway = true;
            await worker.GetRequiredService<InstanceDirectory>().BeatAsync(CancellationToken.None);
        }

        foreach (var worker in workers)
        {
            await worker.GetRequiredService<InstanceDirectory>().LookAroundAsync(CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<string>> OpenAsync(int count)
    {
        var accounts = Enumerable.Range(0, count).Select(_ => TwoOwners.NewAccount()).ToList();
        foreach (var account in accounts)
        {
            await _world.OpenAsync(account);
        }

        foreach (var worker in new[] { _world.One, _world.Other })
        {
            await worker.GetRequiredService<AccountDirectory>().RefreshAsync(CancellationToken.None);
        }

        return accounts;
    }

    private static Task LookAsync(IServiceProvider worker) => worker.GetRequiredService<OwnershipLoop>().LookAsync(CancellationToken.None);

    private static List<string> OwnedBy(IServiceProvider worker) => [.. worker.GetRequiredService<OwnedAccounts>().All.Select(held => held.AccountId)];
}
