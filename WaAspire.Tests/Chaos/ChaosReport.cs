using System.Globalization;
using System.Net;
using System.Text;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Chaos.Faults;
using WaAspire.Tests.Chaos.Linked;

namespace WaAspire.Tests.Chaos;

/// <summary>A run as a page for people, and its timeline as a picture.</summary>
internal static class ChaosReport
{
    private const int Columns = 110;
    private static readonly CultureInfo _plain = CultureInfo.InvariantCulture;

    /// <param name="result">The run.</param>
    /// <param name="command">What made it.</param>
    /// <param name="commit">Of the code that ran; null: nobody said.</param>
    public static string Markdown(ChaosResult result, string command, string? commit)
    {
        var page = new StringBuilder();
        page.AppendLine("# Chaos on real processes").AppendLine();
        page.AppendLine(_plain, $"Made by `{command}`{(commit is null ? "" : $" at commit {commit}")}; {(result.Plan.Scale < 1 ? $"the product's durations, each multiplied by {result.Plan.Scale:0.##}" : "production's durations")}, {result.Plan.Faults.TotalMinutes:0.#} minutes of faults, {result.Took.TotalMinutes:0} minutes in all. The same seed makes the same schedule of faults.");
        page.AppendLine("Three workers, two proxies, redis-server, and the stand-ins of Google and Meta, each a process of its own. Judged by what clients were told,");
        page.AppendLine("what WhatsApp accepted, and the final documents; a duplicate is a second bubble on the phone: a second accepted request, or a second message id");
        page.AppendLine("of an account that is paired by QR code.");
        page.AppendLine(_plain, $"{(result.Linked > 0 ? $"Besides the Cloud API accounts, {result.Linked} accounts are paired by QR code, over each worker's own gateway." : $"No accounts that are paired by QR code took part: {result.Missing}.")}").AppendLine();
        page.AppendLine("```").AppendLine(result.Verdict.ToString()).AppendLine("```").AppendLine();
        page.AppendLine(Sentence(result)).AppendLine();
        Phases(page, result);
        Doubts(page, result);
        TakeoverReport.Write(page, result);
        SessionReport.Write(page, result);
        Timeline(page, result);
        return page.ToString();
    }

    /// <summary>One bar for each fault, and its name under the pointer. Needs nothing but a browser.</summary>
    public static string Html(ChaosResult result)
    {
        var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>Chaos: what went wrong when</title>");
        page.Append("<style>body{font:14px sans-serif;margin:2em}div.l{position:relative;height:22px;background:#f3f3f3;margin:2px 0 2px 90px}div.l>b{position:absolute;left:-90px;font-weight:400}i{position:absolute;top:2px;height:18px;background:#c0392b;opacity:.75;min-width:2px}i.q{background:#2471a3}</style>");
        page.Append(_plain, $"<h1>Seed {result.Plan.Seed}</h1><p>{result.Verdict}</p><div class=l><b>phase</b>");
        foreach (var phase in result.Phases)
        {
            Bar(page, result, phase.From, phase.To, "q", $"{phase.Name}: {phase.From:hh\\:mm\\:ss} to {phase.To:hh\\:mm\\:ss}, drained {phase.Drained:hh\\:mm\\:ss}");
        }

        foreach (var lane in FaultSchedule.Lanes)
        {
            page.Append(_plain, $"</div><div class=l><b>{lane.Name}</b>");
            foreach (var trouble in result.Troubles.Where(trouble => trouble.Lane == lane.Name))
            {
                Bar(page, result, trouble.From, trouble.To, "", $"{trouble.From:hh\\:mm\\:ss} {trouble.Name}, {(trouble.To - trouble.From).TotalSeconds:0.#} s");
            }
        }

        return page.Append("</div>\n").ToString();
    }

    /// <summary>Whether the promises held, and how many figures were missed, which is no broken promise.</summary>
    public static string Sentence(ChaosResult result)
    {
        var missed = result.Figures.Count(figure => figure.IsMissed);
        var figures = missed == 0 ? "." : string.Create(_plain, $"; {missed} of {result.Figures.Count} figures missed (see \"Takeover\").");
        return (result.IsKept ? "All promises held" : $"**A promise was broken: {string.Join("; ", result.Broken)}**") + figures;
    }

    private static void Phases(StringBuilder page, ChaosResult result)
    {
        page.AppendLine("| phase | faults | accepted | delivered once | failed | of these without a refusal | uncertain | duplicates | lost | inversions | unexpected | untrue documents | unreadable | of the delivered, by QR-paired accounts | inbound written | inbound not stored once | asked again |");
        page.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var phase in result.Phases)
        {
            var verdict = phase.Verdict;
            var faults = result.Troubles.Count(trouble => trouble.From >= phase.From && trouble.From < phase.To);
            page.AppendLine(_plain, $"| {phase.Name} | {faults} | {verdict.Accepted} | {verdict.Delivered} | {verdict.Failed} | {verdict.Groundless} | {verdict.Uncertain} | {verdict.Duplicates} | {verdict.Lost} | {verdict.Inversions} | {verdict.Unexpected} | {verdict.Untrue} | {verdict.Unreadable} | {phase.LinkedDelivered} | {phase.Written} | {verdict.InboundWrong} | {phase.Refused} |");
            foreach (var stuck in phase.Stuck)
            {
                page.AppendLine().AppendLine(_plain, $"Still on its way at the end: `{stuck}`");
            }
        }

        page.AppendLine().AppendLine("Failed: WhatsApp refused the message for good, or its attempts were spent; that it refused each of them at least once is compared with its log. Unexpected: WhatsApp or a");
        page.AppendLine("thread has a message that no client was told of. Untrue: the outbox says something else than WhatsApp's log, or the thread, which clients see, something else than the outbox.");
        page.AppendLine("Unreadable: a QR-paired account's message that its recipient's phone asked for again, and could never read. Asked again: a client had no answer, or was told to come");
        page.AppendLine("back, and repeated the request under its `clientMessageId`.").AppendLine();
        if (result.Phases.Sum(phase => phase.LettersLost) is > 0 and var lost)
        {
            page.AppendLine(_plain, $"Besides, {lost} of what people wrote to QR-paired accounts got lost: WhatsApp was told that they had arrived, and the gateway was killed before they were on its disk. Only the last letter");
            page.AppendLine("that an account had confirmed before a kill is believed to be one of these. WhatsApp gives no second chance there (`baileys-gateway/README.md`).").AppendLine();
        }
    }

    private static void Doubts(StringBuilder page, ChaosResult result)
    {
        page.AppendLine("## How doubts were settled").AppendLine();
        page.AppendLine("| policy | seen in doubt | proven by a receipt, or by the holder's late answer | sent by one of several attempts | sent again by the policy | refused | held: never in WhatsApp's log |");
        page.AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var phase in result.Phases.Where(phase => phase.Doubts is not null))
        {
            Row(phase.Name, phase.Doubts!);
            if (result.Linked > 0)
            {
                Row($"{phase.Name}, QR-paired accounts", phase.LinkedDoubts!);
            }
        }

        page.AppendLine().AppendLine("Looked at twice a second, so that a doubt which its receipt ended at once is not in it. A held one is what a person decides: in this run its");
        page.AppendLine("thread was released from it when the quiet period had passed and WhatsApp's log did not have it. A QR-paired account's message in doubt is sent again");
        page.AppendLine("under its own id, which a phone shows once.").AppendLine();
        foreach (var phase in result.Phases.Where(phase => phase is { Name: nameof(UnknownOutcomePolicy.ResendAfterSilence), Doubts.Held: > 0 }))
        {
            page.AppendLine(_plain, $"Of the {phase.Doubts!.Held} that `ResendAfterSilence` left in doubt, {phase.Doubts.HeldBeforeGap} had been attempted before the last gap of the intake: a proxy started, or a webhook got no 200. A receipt may");
            page.AppendLine("have been lost in it, so that silence about an earlier attempt means nothing and the policy holds: it can end only what was attempted after the last gap, and while faults");
            page.AppendLine("go on there is always a later one (`docs/protocol.md`).").AppendLine();
        }

        foreach (var phase in result.Phases.Where(phase => phase.OnPurpose > 0))
        {
            page.AppendLine(_plain, $"One message more, made to go wrong: WhatsApp accepted it, dropped the answer, and its receipts took {result.Plan.QuietPeriod.TotalSeconds * DuplicateOnPurpose.Late:0} s, with a quiet period of {result.Plan.QuietPeriod.TotalSeconds:0} s. Under `ResendAfterSilence` WhatsApp accepted it **{phase.OnPurpose} times**{(phase.OnPurpose > 1 ? ": the duplicate that this policy can make, and why it is never the default" : " (expected: 2)")}. It is not in the figures above.").AppendLine();
        }

        void Row(string name, DoubtEnds ends) =>
            page.AppendLine(_plain, $"| {name} | {ends.Seen} | {ends.Proven} | {ends.SentLater} | {ends.ByPolicy} | {ends.Failed} | {ends.Held} |");
    }

    private static void Timeline(StringBuilder page, ChaosResult result)
    {
        page.AppendLine("## What went wrong when").AppendLine();
        page.AppendLine(_plain, $"One column is {result.Took.TotalSeconds / Columns:0.#} s; letters are below. `H`, `S`, `T`: faults under `Hold`, under `ResendAfterSilence`, the takeover; between them it heals and drains.").AppendLine().AppendLine("```");
        page.AppendLine(_plain, $"{"phase",-10}{Strip(result, result.Phases.Select(phase => (phase.From, phase.To, phase.Name == "takeover" ? 'T' : phase.Name[0] == 'H' ? 'H' : 'S')))}");
        foreach (var lane in FaultSchedule.Lanes)
        {
            page.AppendLine(_plain, $"{lane.Name,-10}{Strip(result, result.Troubles.Where(trouble => trouble.Lane == lane.Name).Select(trouble => (trouble.From, trouble.To, trouble.Mark)))}");
        }

        page.AppendLine("```").AppendLine().AppendLine("| part | letter | fault | times | seconds in all |").AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var lane in FaultSchedule.Lanes)
        {
            foreach (var kind in lane.Kinds)
            {
                var seen = result.Troubles.Where(trouble => trouble.Lane == lane.Name && trouble.Name == kind.Name).ToList();
                page.AppendLine(_plain, $"| {lane.Name} | `{kind.Mark}` | {kind.Name} | {seen.Count} | {seen.Sum(trouble => (trouble.To - trouble.From).TotalSeconds):0} |");
            }
        }
    }

    private static string Strip(ChaosResult result, IEnumerable<(TimeSpan From, TimeSpan To, char Mark)> spans)
    {
        var strip = new string('.', Columns).ToCharArray();
        foreach (var (from, to, mark) in spans)
        {
            var first = Math.Min((int)(from / result.Took * Columns), Columns - 1);
            var last = Math.Min((int)(to / result.Took * Columns), Columns - 1);
            Array.Fill(strip, mark, first, last - first + 1);
        }

        return new string(strip);
    }

    private static void Bar(StringBuilder page, ChaosResult result, TimeSpan from, TimeSpan to, string kind, string title) => page.Append(
        _plain, $"<i class='{kind}' style='left:{from / result.Took:0.####%};width:{(to - from) / result.Took:0.####%}' title='{WebUtility.HtmlEncode(title)}'></i>");
}
