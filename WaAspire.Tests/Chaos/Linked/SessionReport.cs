using System.Globalization;
using System.Text;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>The part of the report about accounts that are paired by QR code: how long they were away while faults went on.</summary>
internal static class SessionReport
{
    private static readonly CultureInfo _plain = CultureInfo.InvariantCulture;

    public static void Write(StringBuilder page, ChaosResult result)
    {
        if (!result.Absences.Any(absence => absence.Accounts > 0))
        {
            return;
        }

        page.AppendLine("## How long QR-paired accounts were away").AppendLine();
        page.AppendLine(_plain, $"While everything else went wrong too, by WhatsApp's own log: from the end of a worker or a gateway until the last account that was connected through it had logged in");
        page.AppendLine(_plain, $"again, without a scan. With nothing else wrong {result.Plan.SessionsAfterKill.TotalSeconds:0.#} s are wanted after a worker's SIGKILL: its lease, a margin, and who waits for whom.").AppendLine();
        page.AppendLine("Of how many there were, only those took anybody down through whom an account was connected.").AppendLine();
        page.AppendLine("| what | took accounts down | accounts | shortest | median | longest | never again |");
        page.AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        var kinds = result.Absences.GroupBy(absence => $"{absence.End.How} of a {(absence.End.IsGateway ? "gateway" : "worker")}").OrderBy(kind => kind.Key, StringComparer.Ordinal).ToList();
        foreach (var kind in kinds)
        {
            var down = kind.Where(absence => absence.Accounts > 0).ToList();
            var took = down.Where(absence => absence.Missing < absence.Accounts).Select(absence => absence.Longest.TotalSeconds).Order().ToList();
            var times = took.Count == 0 ? "| – | – | –" : string.Create(_plain, $"| {took[0]:0.0} s | {Median(took):0.0} s | {took[^1]:0.0} s");
            page.AppendLine(_plain, $"| {kind.Key} | {down.Count} of {kind.Count()} | {down.Sum(absence => absence.Accounts)} {times} | {down.Sum(absence => absence.Missing)} |");
        }

        page.AppendLine().AppendLine("Each of them, in seconds, in the order in which they came (with the number of accounts):").AppendLine();
        foreach (var kind in kinds)
        {
            var each = kind.Where(absence => absence.Accounts > 0).OrderBy(absence => absence.End.At).Select(absence => string.Create(_plain, $"{absence.Longest.TotalSeconds:0.0} ({absence.Accounts})"));
            page.AppendLine(_plain, $"- {kind.Key}: {string.Join(", ", each.DefaultIfEmpty("none"))}");
        }

        page.AppendLine();
    }

    /// <summary>Of an even number: halfway between the two in the middle.</summary>
    internal static double Median(IReadOnlyList<double> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
