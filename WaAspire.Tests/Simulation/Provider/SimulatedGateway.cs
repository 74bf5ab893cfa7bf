using System.Net;
using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Store;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>
/// One worker's gateway, behind the shipped client: a process of its own, that goes on while its worker stands still, ends
/// with it, and ends each socket at the deadline that came with the last command.
/// </summary>
internal sealed class SimulatedGateway(Scene scene, SimulatedWorker worker, Line line) : HttpMessageHandler
{
    private static readonly TimeSpan _keysEvery = TimeSpan.FromSeconds(7);
    private readonly Dictionary<string, (long Epoch, long Opening, TimeSpan Deadline)> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Epoch, long Opening)> _closed = new(StringComparer.Ordinal);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = new Call<HttpResponseMessage>(line);
        cancellationToken.UnsafeRegister(_ => call.Fail(TimeSpan.Zero, new OperationCanceledException(cancellationToken)), null);
        var body = new MemoryStream();
        _ = request.Content!.CopyToAsync(body, CancellationToken.None);
        var command = request.RequestUri!.AbsolutePath;
        line.There(line.Latency(), () => Take(command, JsonDocument.Parse(body.ToArray()).RootElement, (status, answer) => call.Answer(line.Latency(), () => Response(status, answer))));
        return call.Task;
    }

    /// <summary>The pipe to the worker is closed.</summary>
    public void Die()
    {
        foreach (var accountId in _sessions.Keys.ToList())
        {
            Close(accountId);
        }
    }

    private void Take(string command, JsonElement body, Action<int, string> answer)
    {
        if (!worker.IsRunning)
        {
            return;
        }

        switch (command)
        {
            case "/sessions/renew":
                answer(200, $$"""{"sessions":[{{string.Join(',', body.GetProperty("leases").EnumerateArray().Select(Renew))}}]}""");
                return;
            case "/messages/send":
                Send(body, answer);
                return;
        }

        var (accountId, epoch) = Named(body);
        var opening = (Epoch: epoch, Number: body.GetProperty("opening").GetInt64());
        if (command == "/sessions/close" && !IsClosed(accountId, opening))
        {
            _closed[accountId] = opening;
        }

        var refusal = command switch
        {
            "/sessions/open" => RefusalToOpen(accountId, opening),
            "/sessions/close" => Refusal(accountId, epoch) ?? (_sessions[accountId].Opening > opening.Number ? (404, "unknown_session") : null),
            _ => Refusal(accountId, epoch),
        };
        if (refusal is { } refused)
        {
            answer(refused.Status, Error(refused.Word));
            return;
        }

        if (command == "/sessions/open")
        {
            Open(accountId, opening, DeadlineOf(body));
        }
        else
        {
            Close(accountId);
        }

        answer(200, "{}");
    }

    /// <summary>A term's session is opened once; a newer term ends the older one's.</summary>
    private void Open(string accountId, (long Epoch, long Number) opening, TimeSpan deadline)
    {
        var epoch = opening.Epoch;
        if (_sessions.TryGetValue(accountId, out var session) && session.Epoch == epoch)
        {
            _sessions[accountId] = session with { Opening = Math.Max(session.Opening, opening.Number) };
            Renew(accountId, deadline);
            return;
        }

        Close(accountId);
        _sessions[accountId] = (epoch, opening.Number, deadline);
        scene.Sockets.Open(accountId, worker.Process, epoch);
        scene.World.After(TimeSpan.FromSeconds(1.5), null, () => Tell(accountId, epoch));
        scene.World.After(_keysEvery, null, () => KeepKeys(accountId, epoch));
        WatchDeadline(accountId, epoch);
    }

    private (int Status, string Word)? RefusalToOpen(string accountId, (long Epoch, long) opening) =>
        _sessions.TryGetValue(accountId, out var session) && session.Epoch > opening.Epoch ? (409, "stale_epoch")
        : IsClosed(accountId, opening) ? (409, "closed_meanwhile")
        : null;

    /// <summary>The close that was meant for it has overtaken it.</summary>
    private bool IsClosed(string accountId, (long, long) opening) => _closed.TryGetValue(accountId, out var closed) && opening.CompareTo(closed) <= 0;

    /// <summary>Why a command of this term is not carried out; null: it is.</summary>
    private (int Status, string Word)? Refusal(string accountId, long epoch) =>
        !_sessions.TryGetValue(accountId, out var session) ? (404, "unknown_session")
        : session.Epoch != epoch ? (409, "stale_epoch")
        : session.Deadline <= scene.World.Now ? (409, "lease_expired")
        : null;

    private string Renew(JsonElement lease)
    {
        var (accountId, epoch) = Named(lease);
        if (Refusal(accountId, epoch) is { } refused)
        {
            return $$"""{"state":"closed","reason":"{{refused.Word}}"}""";
        }

        Renew(accountId, DeadlineOf(lease));
        return """{"state":"connected"}""";
    }

    /// <summary>Commands overtake one another: an older one does not shorten what a newer one gave.</summary>
    private void Renew(string accountId, TimeSpan deadline)
    {
        var session = _sessions[accountId];
        _sessions[accountId] = session with { Deadline = deadline > session.Deadline ? deadline : session.Deadline };
    }

    /// <summary>A moment on the wall clock that the two processes share, counted from here on without it.</summary>
    private TimeSpan DeadlineOf(JsonElement command) =>
        scene.World.Now + (DateTimeOffset.FromUnixTimeMilliseconds(command.GetProperty("leaseDeadline").GetInt64()) - worker.Process.Clock.GetUtcNow());

    private void WatchDeadline(string accountId, long epoch)
    {
        if (!_sessions.TryGetValue(accountId, out var session) || session.Epoch != epoch)
        {
            return;
        }

        if (session.Deadline <= scene.World.Now)
        {
            Close(accountId);
            return;
        }

        scene.World.After(session.Deadline - scene.World.Now, null, () => WatchDeadline(accountId, epoch));
    }

    private void Close(string accountId)
    {
        if (_sessions.Remove(accountId))
        {
            scene.Sockets.Close(accountId, worker.Process);
        }
    }

    private void Send(JsonElement body, Action<int, string> answer)
    {
        var (accountId, epoch) = Named(body);
        var messageId = body.GetProperty("messageId").GetString()!;
        if ((Refusal(accountId, epoch) ?? (scene.Sockets.IsOpen(accountId, worker.Process, epoch) ? null : (409, "not_connected"))) is { } refused)
        {
            answer(refused.Status, Error(refused.Word));
            return;
        }

        var broken = scene.ProviderFaults.LinkedBreaks();
        if (broken == Break.BeforeArrival)
        {
            return;
        }

        var (asked, to) = (scene.World.Now, body.GetProperty("to").GetString()!);
        var taken = scene.WhatsApp.TakeOwn(messageId, to);
        scene.World.After(scene.ProviderFaults.LinkedTakes(), null, () =>
        {
            scene.WhatsApp.AcceptOwn(taken, messageId, to, asked);
            if (broken == Break.None)
            {
                answer(200, """{"outcome":"accepted"}""");
            }
        });
    }

    /// <summary>Told again until it is stored, as the spool does.</summary>
    private void Tell(string accountId, long epoch)
    {
        if (!_sessions.TryGetValue(accountId, out var session) || session.Epoch != epoch || !worker.IsRunning)
        {
            return;
        }

        worker.Process.Begin(async () =>
        {
            try
            {
                var stand = JsonDocument.Parse($$"""{"kind":"session","accountId":"{{accountId}}","epoch":{{epoch}},"state":"connected","phone":"40700000000"}""");
                await worker.Get<GatewayEvents>().StoreAsync([stand.RootElement], CancellationToken.None);
            }
            catch (FirestoreException)
            {
                scene.World.After(TimeSpan.FromSeconds(2), null, () => Tell(accountId, epoch));
            }
        });
    }

    /// <summary>A session that lives writes its keys all the time, also when it should no longer.</summary>
    private void KeepKeys(string accountId, long epoch)
    {
        if (!_sessions.TryGetValue(accountId, out var session) || session.Epoch != epoch || !worker.IsRunning)
        {
            return;
        }

        worker.Process.Begin(async () =>
        {
            if (worker.Get<OwnedAccounts>().Find(accountId)?.Session is not { } fence || fence.Epoch != epoch)
            {
                return;
            }

            try
            {
                await worker.Get<SessionStore>().WriteAsync(fence, fence.Seq + 1, clear: false, [], CancellationToken.None);
            }
            catch (FirestoreException)
            {
                // It is repeated by and by.
            }
        });
        scene.World.After(_keysEvery, null, () => KeepKeys(accountId, epoch));
    }

    private static (string AccountId, long Epoch) Named(JsonElement command) => (command.GetProperty("accountId").GetString()!, command.GetProperty("epoch").GetInt64());

    private static string Error(string word) => $$"""{"error":"{{word}}"}""";

    private static HttpResponseMessage Response(int status, string body) =>
        new((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
}
