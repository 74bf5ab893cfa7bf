using System.Globalization;
using System.Text;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>The part of the report about accounts that are paired by QR code: how long they were away while faults went on.</summary>
internal static class SessionReport
{
    private static readonly CultureInfo _plain = CultureInfo.InvariantCulture;

    public static void Write(StringBuilder page, ChaosResult result)
    {
        var absences = result.Absences.Where(absence => absence.Accounts > 0).ToList();
        if (absences.Count == 0)
        {
            return;
        }

        page.AppendLine("## How long QR-paired accounts were away").AppendLine();
        page.AppendLine(_plain, $"While everything else went wrong too, by WhatsApp's own log: from the end of a worker or a gateway until the last account that was connected through it had logged in");
        page.AppendLine(_plain, $"again, without a scan. With nothing else wrong it is at most {result.Plan.SessionsAfterKill.TotalSeconds:0.#} s after a worker's SIGKILL: its lease, a margin, and who waits for whom.").AppendLine();
        page.AppendLine("| what | times | accounts | shortest | median | longest | never again |");
        page.AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var kind in absences.GroupBy(absence => $"{absence.End.How} of a {(absence.End.IsGateway ? "gateway" : "worker")}").OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var took = kind.Select(absence => absence.Longest.TotalSeconds).Order().ToList();
            page.AppendLine(_plain, $"| {kind.Key} | {took.Count} | {kind.Sum(absence => absence.Accounts)} | {took[0]:0.0} s | {took[took.Count / 2]:0.0} s | {took[^1]:0.0} s | {kind.Sum(absence => absence.Missing)} |");
        }

        page.AppendLine().AppendLine("Each of them, in seconds, in the order in which they came (with the number of accounts):").AppendLine();
        foreach (var kind in absences.GroupBy(absence => $"{absence.End.How} of a {(absence.End.IsGateway ? "gateway" : "worker")}").OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            page.AppendLine(_plain, $"- {kind.Key}: {string.Join(", ", kind.OrderBy(absence => absence.End.At).Select(absence => string.Create(_plain, $"{absence.Longest.TotalSeconds:0.0} ({absence.Accounts})")))}");
        }

        page.AppendLine();
    }
}
