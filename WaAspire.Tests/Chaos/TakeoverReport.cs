using System.Globalization;
using System.Text;

namespace WaAspire.Tests.Chaos;

/// <summary>The part of the report about what others did when a worker was ended with nothing else wrong.</summary>
internal static class TakeoverReport
{
    private static readonly CultureInfo _plain = CultureInfo.InvariantCulture;

    public static void Write(StringBuilder page, ChaosResult result)
    {
        if (result.Takeovers is not { } takeovers)
        {
            return;
        }

        page.AppendLine("## Takeover").AppendLine();
        page.AppendLine(_plain, $"Nothing else goes wrong, but WhatsApp is slowed down by {Takeover.WhatsAppTakes} ms for each request, and for the SIGKILL Firestore by {Takeover.FirestoreTakes} ms, so that lanes are held and attempts");
        page.AppendLine(_plain, $"are in flight when the worker ends. {Takeover.Threads} threads are in steady use, about a third of them the worker's. Before the SIGKILL {Takeover.Hanging} messages more have just gone to WhatsApp, which never");
        page.AppendLine("accepts those of a worker that dies meanwhile: only the end of their claims settles them. QR-paired accounts hold their sessions and send nothing. All processes");
        page.AppendLine("share this machine. A figure is the longest wait, of all there were; \"nothing to measure\" is a miss.").AppendLine();
        page.AppendLine("| what | wanted | measured | of |");
        page.AppendLine("| --- | --- | --- | --- |");
        foreach (var figure in result.Figures)
        {
            page.AppendLine(_plain, $"| {figure.What} | ≤ {figure.Wanted.TotalSeconds:0.#} s | {figure.Measured} | {figure.Waits?.Count ?? 0} {figure.Noun} |");
        }

        page.AppendLine();
        if (takeovers.Term.Attempts.Count > 0)
        {
            page.AppendLine(_plain, $"After SIGTERM {takeovers.Term.Attempts.Count} attempts were left in flight, which should not be.").AppendLine();
        }

        if (result.Linked == 0)
        {
            page.AppendLine("Accounts that are paired by QR code did not take part, so that nothing is known about theirs.").AppendLine();
        }
    }
}
