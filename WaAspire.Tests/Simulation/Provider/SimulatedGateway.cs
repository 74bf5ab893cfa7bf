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
    private readonly Dictionary<string, (long Epoch, TimeSpan Deadline)> _sessions = new(StringComparer.Ordinal);

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

        var (accountId, epoch) = (body.GetProperty("accountId").GetString()!, body.GetProperty("epoch").GetInt64());
        if (command is "/sessions/close" or "/sessions/logout")
        {
            Close(accountId);
            answer(200, "{}");
            return;
        }

        if (!_sessions.ContainsKey(accountId))
        {
            _sessions[accountId] = (epoch, DeadlineOf(body));
            scene.Sockets.Open(accountId, worker.Process, epoch);
            scene.World.After(TimeSpan.FromSeconds(1.5), null, () => Tell(accountId, epoch));
            scene.World.After(_keysEvery, null, () => KeepKeys(accountId, epoch));
            WatchDeadline(accountId);
        }

        answer(200, "{}");
    }

    private string Renew(JsonElement lease)
    {
        var accountId = lease.GetProperty("accountId").GetString()!;
        if (!_sessions.TryGetValue(accountId, out var session) || session.Epoch != lease.GetProperty("epoch").GetInt64())
        {
            return """{"state":"closed"}""";
        }

        _sessions[accountId] = (session.Epoch, DeadlineOf(lease));
        return """{"state":"connected"}""";
    }

    /// <summary>A moment on the wall clock that the two processes share, counted from here on without it.</summary>
    private TimeSpan DeadlineOf(JsonElement command) =>
        scene.World.Now + (DateTimeOffset.FromUnixTimeMilliseconds(command.GetProperty("leaseDeadline").GetInt64()) - worker.Process.Clock.GetUtcNow());

    private void WatchDeadline(string accountId)
    {
        if (!_sessions.TryGetValue(accountId, out var session))
        {
            return;
        }

        if (session.Deadline <= scene.World.Now)
        {
            Close(accountId);
            return;
        }

        scene.World.After(session.Deadline - scene.World.Now, null, () => WatchDeadline(accountId));
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
        var (accountId, epoch, messageId) = (body.GetProperty("accountId").GetString()!, body.GetProperty("epoch").GetInt64(), body.GetProperty("messageId").GetString()!);
        if (!_sessions.TryGetValue(accountId, out var session) || session.Epoch != epoch || !scene.Sockets.IsOpen(accountId, worker.Process, epoch))
        {
            answer(409, """{"error":"not_connected"}""");
            return;
        }

        var isDropped = scene.Faults.Strikes(FaultClass.DroppedAnswers, 0.06);
        if (isDropped && scene.Faults.Pick(FaultClass.DroppedAnswers, 2) == 0)
        {
            return;
        }

        var takes = scene.Faults.Strikes(FaultClass.SlowProvider, 0.1) ? scene.Faults.Span(FaultClass.SlowProvider, 1, 15) : TimeSpan.FromMilliseconds(120);
        var asked = scene.World.Now;
        scene.World.After(takes, null, () =>
        {
            scene.WhatsApp.AcceptOwn(messageId, body.GetProperty("to").GetString()!, asked);
            if (!isDropped)
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

    private static HttpResponseMessage Response(int status, string body) =>
        new((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
}
