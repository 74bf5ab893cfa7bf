using System.Net;
using System.Text;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Store;

namespace WaAspire.Tests.Simulation.Provider;

/// <summary>
/// One worker's connection to WhatsApp, below the shipped HTTP client. Its tasks are completed by steps without a context,
/// so that the client's own awaits go on in the same step.
/// </summary>
internal sealed class WhatsAppLine(SimulatedWhatsApp whatsApp, IProviderFaults faults, Ambush ambush, Line line) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = new Call<HttpResponseMessage>(line);
        cancellationToken.UnsafeRegister(_ => call.Fail(TimeSpan.Zero, new OperationCanceledException(cancellationToken)), null);
        if (faults.IsUnreachable())
        {
            call.Fail(line.Latency() * 2, new HttpRequestException(HttpRequestError.ConnectionError, "simulated: no connection"));
            return call.Task;
        }

        // The connection comes about first; whatever happens to the process until then, nothing has left.
        line.Process.IsBetweenCheckAndSend++;
        line.Back(line.Latency() * 2, () =>
        {
            line.Process.IsBetweenCheckAndSend--;
            if (!call.Task.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                Transmit(call, request.Content!);
            }
        });
        return call.Task;
    }

    private void Transmit(Call<HttpResponseMessage> call, HttpContent content)
    {
        var body = new MemoryStream();
        var copied = content.CopyToAsync(body);
        if (!copied.IsCompletedSuccessfully)
        {
            call.Fail(TimeSpan.Zero, new HttpRequestException("simulated: the body could not be sent"));
            return;
        }

        if (faults.Breaks() is not Break.None and var broken)
        {
            // Either it never arrives, or it does and the connection breaks at once: nobody here can tell.
            call.Fail(line.Latency(), new HttpRequestException(HttpRequestError.ResponseEnded, "simulated: the connection broke"));
            if (broken == Break.BeforeArrival)
            {
                return;
            }
        }

        line.There(line.Latency(), () => whatsApp.Receive(body.ToArray(), (status, answer) =>
        {
            ambush.AtAnswer(line.Process, body.ToArray(), isRefused: answer?.Contains(SimulatedWhatsApp.Undeliverable, StringComparison.Ordinal) == true);
            call.Answer(line.Latency(), () => Response(status, answer));
        }));
    }

    private static HttpResponseMessage Response(int status, string? body) =>
        new((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? "")) };
}
